// Makes a simulated world of a module's bytes.

import { type GuestModule, loadModuleBytes } from '../module-bytes.ts';
import { type CoreHooks, Core } from './core.ts';
import { InPlace, ReExecution } from './drivers.ts';
import { type SimulateOptions, usage } from './options.ts';
import { World } from './world.ts';

const CALL_BUDGET = 1_000_000;

/**
 * Loads a guest into a world of its own, with virtual time and a virtual network. Nothing of it has
 * run before the world's first `run`.
 *
 * A guest that exports `turn` goes on from one run to the next. One that runs `_start` is run anew
 * for each, through all that the test did before: a test of n runs costs about n * n / 2.
 *
 * @param bytes the module.
 * @throws SimulationError `USAGE`; PolluxError `MODULE_REFUSED`.
 */
export async function simulate(
  bytes: Uint8Array | ArrayBuffer,
  options: SimulateOptions = {},
): Promise<World> {
  const { seed = 0, callBudget = CALL_BUDGET } = options;
  if (!Number.isInteger(seed)) throw usage(`seed is ${seed}; give a whole number`);
  if (!(callBudget >= 1)) throw usage(`callBudget is ${callBudget}; give 1 or more`);
  if (!(bytes instanceof Uint8Array) && !(bytes instanceof ArrayBuffer)) {
    throw usage('simulate takes the bytes of a module; read the file first');
  }
  const guest: GuestModule = await loadModuleBytes(
    'guest.wasm',
    bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes),
    options.maxMemoryBytes,
  );
  // Its own copy: a guest that is run again must be told the same.
  const kept = structuredClone(options);
  const makeCore = (hooks: CoreHooks): Core => new Core(guest, kept, hooks);
  const Driver = guest.entry === 'reactor' ? InPlace : ReExecution;
  return new World(new Driver(makeCore, callBudget));
}

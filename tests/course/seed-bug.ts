// What a bug of the seed's programs is to its test and its page, and how a script is played.

import { simulate, type SimulateOptions, SimulationError, type World } from '../../host/sim.ts';
import { moduleBytes } from '../sim/modules.ts';

export interface Bug {
  /** As the comment at the line of the program has it: `// BUG select-sleeps: …`. */
  readonly id: string;
  /** The programs, by their names in build/. */
  readonly seed: string;
  readonly ours: string;
  readonly options?: SimulateOptions;
  /** Plays the peers, and tells what they see. */
  readonly script: (world: World) => string;
  readonly seedShows: string;
  readonly oursShows: string;
}

/** Runs a bug's script against a program, by its name in build/. */
export async function show(bug: Bug, program: string): Promise<string> {
  const world = await simulate(moduleBytes(`build/${program}.wasm`), {
    callBudget: 20_000,
    ...bug.options,
  });
  try {
    return bug.script(world);
  } catch (error) {
    if (error instanceof SimulationError && error.code === 'LIVELOCK')
      return 'it never waits again';
    throw error;
  }
}

/** How the guest ended, in words. */
export function ending(world: World): string {
  const { end } = world;
  if (end === undefined) return 'it goes on';
  return `${end.reason === 'exited' ? `it exited with ${end.code}` : end.reason}: ${world.stderr.trim()}`;
}

// Random calls on the native kernel, with lists, buffers and results that lie over one another: after
// each, the replay of its record makes the same memory of what was there before it.

import { randomInt } from 'node:crypto';
import * as assert from 'uvu/assert';
import { record } from '../../host/trace/record.ts';
import { replay } from '../../host/trace/replay.ts';
import type { Signature } from '../../host/wasi/signature.ts';
import { Random } from '../e2e/support/random.ts';
import { ArgumentMaker, type Arguments, pick } from '../hostile/fuzz-arguments.ts';
import { ALL_SIGNATURES, byModule, byName } from '../support/functions.ts';
import { suite } from '../support/suite.ts';
import { wasm } from '../support/wasm.ts';
import { NONBLOCK } from '../wasi/spec.ts';
import { RESULT, withWorld } from '../wasi/world.ts';

const SEED = Number(process.env['POLLUX_FUZZ_SEED'] ?? randomInt(2 ** 31));
const CALL_COUNT = 600;
const CHANGED_MIN = 50;
const FD_COUNT = 64;
const MEMORY_BYTES = 4 * 65_536;

/** These may block, and proc_exit does not return. */
const CHOICES = ALL_SIGNATURES.filter(({ name }) => name !== 'proc_exit');

interface Seen {
  readonly signature: Signature;
  readonly parameters: Arguments;
  readonly before: Uint8Array;
  readonly result: number;
  readonly after: Uint8Array;
}

const test = suite('random calls, replayed');

test(
  `${CALL_COUNT} calls, seed ${SEED}`,
  withWorld(
    (world) => {
      const random = new Random(SEED, 1);
      const { address } = world;
      const maker = new ArgumentMaker(random, address.family === 'unix' ? [] : [address.port, 1]);
      const { caller } = world;
      // The recorder calls all functions of numbers alone with seven; those there are come first.
      const live = Object.fromEntries(
        CHOICES.map(({ name, parameters: { length } }) => [
          name,
          (...values: Arguments) => caller.call(name, ...values.slice(0, length)),
        ]),
      );
      const recorded = record(byModule(live));
      recorded.attach(instanceOf(caller.memory));
      const functions = byName(recorded.imports);
      const seen: Seen[] = [];
      const fds = Array.from({ length: 4 }, () => world.connect().fd);
      assert.is(world.errno('epoll_create', RESULT), 'SUCCESS');
      const epfd = caller.u32(RESULT);
      for (let index = 0; index < CALL_COUNT; index++) {
        // A call that blocks would wait in vain.
        for (let fd = 0; fd < FD_COUNT; fd++) caller.call('fd_fdstat_set_flags', fd, NONBLOCK);
        const signature = pick(random, CHOICES);
        const parameters = maker.make(signature, caller.view, [world.listenFd, ...fds], [epfd]);
        const before = caller.bytes.slice();
        const call = functions[signature.name] as (...values: Arguments) => number;
        const result = call(...parameters.map(signed));
        seen.push({ signature, parameters, before, result, after: caller.bytes.slice() });
        if (random.chance(0.2)) world.peers.connect(world.address);
        world.peers.settle();
      }
      const changedCount = check(recorded.finish(), seen);
      assert.ok(changedCount > CHANGED_MIN, `${changedCount} calls wrote something`);
    },
    { fdCountMax: FD_COUNT, allowConnect: ['127.0.0.0/8:*', '[::1]:*'] },
  ),
);

test.run();

/** As a guest passes them. */
function signed(value: number | bigint): number | bigint {
  return typeof value === 'number' ? value | 0 : BigInt.asIntN(64, value);
}

/** @returns how many calls changed the memory. */
function check(file: Uint8Array, seen: readonly Seen[]): number {
  let changedCount = 0;
  const replayed = replay(file);
  // A guest without code, whose memory the calls are made on from here.
  const guest = new WebAssembly.Module(wasm({ memories: [[0, MEMORY_BYTES / 65_536]] }));
  const instance = new WebAssembly.Instance(guest, {});
  const memory = new Uint8Array((instance.exports['memory'] as WebAssembly.Memory).buffer);
  replayed.attach(instance);
  const functions = byName(replayed.imports);
  for (const [index, { signature, parameters, before, result, after }] of seen.entries()) {
    memory.set(before);
    const told = `call ${index + 1}, ${signature.name}(${parameters.join(', ')})`;
    assert.is(functions[signature.name]!(...parameters.map(signed)), result, told);
    assert.ok(Buffer.compare(memory, after) === 0, `${told} left another memory`);
    if (Buffer.compare(before, after) !== 0) changedCount += 1;
  }
  return changedCount;
}

function instanceOf(memory: WebAssembly.Memory): WebAssembly.Instance {
  const instance: unknown = { exports: { memory } };
  return instance as WebAssembly.Instance;
}

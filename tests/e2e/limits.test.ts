// Guests that take more than they may: each is ended or refused, and the process goes on.

import { run, type RunOptions } from 'pollux';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { Op, wasm } from '../support/wasm.ts';
import { ROT13_COMMAND } from './support/guests.ts';
import { ask } from './support/target.ts';

const test = suite('limits (end to end)');
const PAGE_BYTES = 65536;
const WASI = 'wasi_snapshot_preview1';

/** proc_exit is function 0. */
const EXIT = [[WASI, 'proc_exit', 'i32 ->']] as const;
const endless = wasm({ functions: { _start: ['->', Op.LOOP] } });

test('a guest that computes without end is ended by its call gap', async () => {
  const guest = await run(endless, { maxCallGapMs: 50 });
  const { reason, code } = await guest.exited;
  assert.equal({ reason, code }, { reason: 'limited', code: 0 });
});

test('so is one whose start function never returns', async () => {
  const bytes = wasm({ functions: { _start: ['->', []], begin: ['->', Op.LOOP] }, start: 'begin' });
  const guest = await run(bytes, { maxCallGapMs: 50 });
  assert.is((await guest.exited).reason, 'limited');
});

test('a guest that waits for longer than its call gap goes on', async () => {
  const guest = await run(ROT13_COMMAND, { listen: ['tcp:127.0.0.1:0'], maxCallGapMs: 20 });
  const other = await run(endless, { maxCallGapMs: 200 });
  assert.is((await other.exited).reason, 'limited');
  assert.is(await ask(guest.addresses[0] ?? '', 'Hello'), 'Uryyb');
  assert.is((await guest.stop()).reason, 'stopped');
});

test('stop() ends a guest that computes without end, without any limit', async () => {
  const guest = await run(endless);
  assert.is((await guest.stop()).reason, 'stopped');
});

test('memory.grow answers -1 beyond the limit', async () => {
  const grow = [0x40, 0x00];
  const grownTo = async (pages: number, options: RunOptions): Promise<number> => {
    // Exits with memory.grow(pages) + 1: 0 when it was refused, else the old size and one.
    const code = [...Op.i32(pages), ...grow, ...Op.i32(1), 0x6a, ...Op.call(0)];
    const guest = await run(wasm({ imports: EXIT, functions: { _start: ['->', code] } }), options);
    return (await guest.exited).code;
  };
  const options = { maxMemoryBytes: 8 * PAGE_BYTES };
  assert.is(await grownTo(7, options), 2);
  assert.is(await grownTo(8, options), 0);
  assert.is(await grownTo(8, {}), 2);
});

test('our own guest serves with no more memory than it begins with, whatever comes', async () => {
  const guest = await run(ROT13_COMMAND, {
    listen: ['tcp:127.0.0.1:0'],
    maxMemoryBytes: 64 * PAGE_BYTES,
  });
  const [address = ''] = guest.addresses;
  const questions = Array.from({ length: 50 }, async () => ask(address, 'Hello'.repeat(1000)));
  for (const answer of await Promise.all(questions)) assert.is(answer, 'Uryyb'.repeat(1000));
  assert.is((await guest.stop()).reason, 'stopped');
});

test('a bad pointer is FAULT, or a trap where that is asked for', async () => {
  const WRITE = [WASI, 'fd_write', 'i32 i32 i32 i32 -> i32'] as const;
  const code = [...[1, -1, 1, -1].flatMap(Op.i32), ...Op.call(1), ...Op.call(0)];
  const bytes = wasm({ imports: [...EXIT, WRITE], functions: { _start: ['->', code] } });
  assert.is((await (await run(bytes)).exited).code, 21);
  const { reason, detail } = await (await run(bytes, { badPointer: 'trap' })).exited;
  assert.is(reason, 'trapped');
  assert.is(detail, 'fd_write was given a pointer that leaves the memory');
});

const NONSENSE: readonly RunOptions[] = [
  { maxFds: 0 },
  { maxMemoryBytes: -1 },
  { maxCallGapMs: NaN },
  { drainTimeoutMs: 2 ** 31 },
  { drainDelayMs: -1 },
];

for (const options of NONSENSE) {
  test(`a limit that makes no sense is refused: ${JSON.stringify(options)}`, async () => {
    const [name = ''] = Object.keys(options);
    try {
      await run(ROT13_COMMAND, options);
      assert.unreachable();
    } catch (error) {
      assert.is((error as { code?: string }).code, 'USAGE');
      assert.match((error as Error).message, new RegExp(`^${name} is .*, and must be from `));
    }
  });
}

test.run();

// What a simulated world refuses, and in which words.

import * as assert from 'uvu/assert';
import { simulate, SimulationError, type SimulateOptions } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { wasm } from '../support/wasm.ts';
import { ROT13 } from './modules.ts';

const test = suite('mistakes in a simulated world');
const COMMAND = ROT13.get('_start') as Uint8Array;
const REACTOR = ROT13.get('turn') as Uint8Array;

/** `i32.const n`, a byte. */
const constant = (n: number): number[] => [0x41, n];
const CALL = 0x10;
const LOOP = 0x03;
const BRANCH = 0x0c;
const END = 0x0b;
const DROP = 0x1a;
const VOID = 0x40;

async function refusal(options: SimulateOptions, bytes = REACTOR): Promise<string> {
  try {
    await simulate(bytes, options);
  } catch (error) {
    if (error instanceof SimulationError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'taken';
}

test('options that make no sense are refused, each by name', async () => {
  const options: [SimulateOptions, RegExp][] = [
    [{ seed: 0.5 }, /^USAGE: seed is 0.5; give a whole number$/],
    [{ callBudget: 0 }, /^USAGE: callBudget is 0; give 1 or more$/],
    [
      { latencyMs: -1 },
      /^USAGE: latencyMs is -1; give a number from 0 on, or \[lowest, highest\]$/,
    ],
    [{ latencyMs: [5, 1] }, /^USAGE: latencyMs is \[5,1\]/],
    [{ segmentBytes: 0 }, /^USAGE: segmentBytes is 0; give a number from 1 on/],
    [{ listen: ['udp:1'] }, /^USAGE: "udp:1": an address starts with tcp:/],
    [{ listen: ['unix:'] }, /^USAGE: "unix:": the path is missing: unix:PATH$/],
    [{ listen: ['unix:/a', 'b=unix:/a'] }, /^USAGE: b, unix:\/a can not be opened: ADDRINUSE$/],
    [{ connect: ['9000'] }, /^USAGE: "9000": an address starts with tcp:/],
    [
      { sendBufferBytes: 0 },
      /^USAGE: sendBufferBytes is 0; give a number of bytes from 1 to 2\^30$/,
    ],
    [
      { listen: ['tcp:127.0.0.1:80'] },
      /^USAGE: listen0, tcp:127.0.0.1:80 can not be opened: ACCES$/,
    ],
    [{ listen: ['tcp:10.0.0.1:8000'] }, /can not be opened: ADDRNOTAVAIL$/],
    [{ listen: ['tcp:localhost:8000'] }, /can not be opened: INVAL$/],
    [{ listen: ['tcp:127.0.0.1:8000', 'b=tcp:0.0.0.0:8000'] }, /^USAGE: b, .*: ADDRINUSE$/],
  ];
  for (const [option, says] of options) assert.match(await refusal(option), says);
});

test('bytes that are no module are refused as run refuses them', async () => {
  const error = await simulate(new Uint8Array([1, 2, 3, 4])).then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { code: string },
  );
  assert.is(error?.code, 'MODULE_REFUSED');
  assert.match(error?.message ?? '', /is not WebAssembly/);
  const path = await simulate('build/rot13-echo.wasm' as unknown as Uint8Array).then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  assert.match(path?.message ?? '', /simulate takes the bytes of a module; read the file first/);
});

test('turns are steps of a guest with turn alone', async () => {
  const [command, reactor] = [await simulate(COMMAND), await simulate(REACTOR)];
  assert.throws(() => command.stepTurn(), /this guest has no turn; use stepCall\(\), or run\(\)/);
  // A mistake of the test's is not the end of the world.
  const clients = [command.connect().send('a'), reactor.connect().send('a')];
  command.run();
  for (let turn = 0; turn < 3; turn++) reactor.stepTurn();
  for (const client of clients) assert.is(client.text().length <= 1, true);
  assert.is(clients[0]?.text(), 'n');
  assert.is(reactor.run() === reactor && clients[1]?.text(), 'n');
});

test('arguments that make no sense are refused', async () => {
  const world = await simulate(REACTOR);
  assert.throws(() => world.advance(-1), /advance\(-1\): give milliseconds, 0 or more/);
  assert.throws(() => world.advance(Infinity), /give milliseconds/);
  assert.throws(() => world.failCall('accept', 'NONSENSE' as 'MFILE'), /NONSENSE is no errno/);
  assert.throws(() => world.failCall('accept', 'MFILE', 0), /nth is 0; 1 is the next call/);
  const command = await simulate(COMMAND);
  assert.throws(() => command.stepCall(0), /stepCall\(0\): give 1 or more/);
});

test('a turn that always has more to do is a livelock', async () => {
  const bytes = wasm({ functions: { turn: ['i32->i32', constant(0)] } });
  const world = await simulate(bytes, { callBudget: 100 });
  assert.throws(() => world.run(), /made 100 calls and did not come to rest/);
});

test('a turn that answers an errno has ended the guest', async () => {
  const bytes = wasm({ functions: { turn: ['i32->i32', constant(0x80 - 8)] } });
  const world = await simulate(bytes);
  assert.equal(world.run().end, { reason: 'failed-turn', code: 8 });
});

test('a turn that blocks in accept, though no one will come, is told so', async () => {
  const accept = ['wasi_snapshot_preview1', 'sock_accept', 'i32 i32 i32->i32'] as const;
  const body = [...constant(3), ...constant(0), ...constant(8), CALL, 0];
  const world = await simulate(
    wasm({ imports: [accept], functions: { turn: ['i32->i32', body] } }),
  );
  assert.throws(() => world.run(), /a turn blocks in a call that nothing will ever end/);
});

test('a guest that only reads the clock for ever is a livelock', async () => {
  const now = ['wasi_snapshot_preview1', 'clock_time_get', 'i32 i64 i32->i32'] as const;
  const read = [...constant(1), 0x42, 0, ...constant(8), CALL, 0, DROP];
  const body = [LOOP, VOID, ...read, BRANCH, 0, END];
  const world = await simulate(wasm({ imports: [now], functions: { _start: ['->', body] } }), {
    callBudget: 1000,
  });
  assert.throws(() => world.run(), /made 1000 calls and did not come to rest/);
});

test('an invariant is looked at once for each run, also where the guest is run again', async () => {
  let looks = 0;
  const world = await simulate(COMMAND);
  world.invariant('counts', () => ++looks);
  for (const text of ['a', 'b']) {
    world.connect().send(text);
    world.run();
  }
  assert.is(looks, 3);
});

test.run();

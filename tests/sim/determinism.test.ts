// The same seed and the same deeds are the same world, to the last call and byte.

import * as assert from 'uvu/assert';
import { forAllSeeds, simulate, type SimulateOptions } from '../../host/sim.ts';
import { loadModuleBytes } from '../../host/runtime/module-bytes.ts';
import { Core } from '../../host/runtime/simulate/core.ts';
import { ReExecution } from '../../host/runtime/simulate/drivers.ts';
import { World } from '../../host/runtime/simulate/world.ts';
import { suite } from '../support/suite.ts';
import { ROT13, rot13 } from './modules.ts';

const test = suite('determinism');
const JITTER = { latencyMs: [0, 20], segmentBytes: [1, 64] } as const;

/** A lively hour: clients come, talk at once, are slow, reset and leave. @returns hash and answers */
async function live(bytes: Uint8Array, options: SimulateOptions): Promise<string[]> {
  const world = await simulate(bytes, options);
  const clients = Array.from({ length: 8 }, () => world.connect());
  clients.forEach((client, at) => client.send(`from ${at}, `.repeat(20)));
  clients[3]?.pause();
  world.run();
  clients[1]?.reset();
  clients[2]?.end();
  clients[3]?.resume();
  clients[4]?.send('once more').close();
  world.run();
  world.advance(100);
  return [world.traceHash, ...clients.map((client) => client.text())];
}

for (const [entry, bytes] of ROT13) {
  test(`the same seed gives the same world, and another seed another (${entry})`, async () => {
    const first = await live(bytes, { ...JITTER, seed: 7 });
    assert.equal(await live(bytes, { ...JITTER, seed: 7 }), first);
    const other = await live(bytes, { ...JITTER, seed: 8 });
    assert.is.not(other[0], first[0]);
    for (const at of [0, 5, 6, 7]) assert.is(other[1 + at], rot13(`from ${at}, `.repeat(20)));
  });

  test(`without chance a seed changes nothing (${entry})`, async () => {
    const [first, second] = [await live(bytes, { seed: 1 }), await live(bytes, { seed: 2 })];
    assert.equal(first, second);
  });
}

test('a trace is the same text in each world', async () => {
  const world = await simulate(ROT13.get('_start') as Uint8Array);
  world.connect().send('Hello\n');
  world.run();
  assert.is(
    world.trace(),
    [
      '0.000000 waitFew(0) = 1',
      '0.000000 accept(h3) = h4',
      '0.000000 accept(h3) = -AGAIN',
      '0.000000 waitFew(0) = 1',
      '0.000000 recv(h4, 65536) = 6 "Hello\\n"',
      '0.000000 send(h4, 6) = 6 "Uryyb\\n"',
      '0.000000 openSet() = 0',
      '0.000000 watch(h3, 1) = 0',
      '0.000000 watch(h4, 1) = 0',
      '',
    ].join('\n'),
  );
});

test('the hash changes with a byte that moved', async () => {
  const hashes = new Set<string>();
  for (const text of ['a', 'b', 'c']) {
    const world = await simulate(ROT13.get('turn') as Uint8Array);
    world.connect().send(text);
    hashes.add(world.run().traceHash);
  }
  assert.is(hashes.size, 3);
});

test('every seed of a hundred serves every byte, however segments split and dawdle', async () => {
  const bytes = ROT13.get('turn') as Uint8Array;
  await forAllSeeds(100, async (seed) => {
    const world = await simulate(bytes, { ...JITTER, seed });
    const clients = Array.from({ length: 4 }, (_, at) => world.connect().send(`text ${at}`).end());
    world.run();
    clients.forEach((client, at) => assert.is(client.text(), rot13(`text ${at}`)));
  });
});

test('a guest that does something else when it is run again is found out', async () => {
  // No guest can, in the twin: here it is given other arguments the second time.
  const guest = await loadModuleBytes('guest.wasm', ROT13.get('_start') as Uint8Array);
  let lives = 0;
  const world = new World(
    new ReExecution(
      (hooks) => new Core(guest, { args: ['--idle-ms', `${++lives}00`] }, hooks),
      1000,
    ),
  );
  world.connect().send('a');
  world.run();
  assert.throws(() => world.run(), /run again, did something else before the end of run 1/);
});

test('a failure names its seed, and how to run it again', async () => {
  const seen: number[] = [];
  const fails = forAllSeeds(10, (seed) => {
    seen.push(seed);
    if (seed === 3) throw new Error('the reason');
  });
  await fails.then(
    () => assert.unreachable('it passed'),
    (error: unknown) => {
      const { message, cause } = error as Error;
      assert.is(message, 'seed 3: the reason (again: POLLUX_SIM_SEED=3)');
      assert.is((cause as Error).message, 'the reason');
    },
  );
  assert.equal(seen, [0, 1, 2, 3]);
});

test('an environment variable pins the seed', async () => {
  const seen: number[] = [];
  process.env['POLLUX_SIM_SEED'] = '77';
  try {
    await forAllSeeds(10, (seed) => void seen.push(seed));
    assert.equal(seen, [77]);
    process.env['POLLUX_SIM_SEED'] = 'x';
    await forAllSeeds(10, () => undefined).then(
      () => assert.unreachable('it ran'),
      (error: unknown) =>
        assert.match(String(error), /POLLUX_SIM_SEED is "x"; give a whole number/),
    );
  } finally {
    delete process.env['POLLUX_SIM_SEED'];
  }
});

test.run();

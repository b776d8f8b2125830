// Going by single calls: each row over our server as `_start` and as `turn`. What a world does in
// steps is what it does in one run.

import * as assert from 'uvu/assert';
import { simulate, type SimulateOptions, type World } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { Op, wasm } from '../support/wasm.ts';
import { ROT13, rot13 } from './modules.ts';

const JITTER = { latencyMs: [0, 20], segmentBytes: [1, 64] } as const;

for (const [entry, bytes] of ROT13) {
  const test = suite(`steps of a world (${entry})`);
  const row = (title: string, body: (world: World) => void): void => {
    test(title, async () => body(await simulate(bytes)));
  };

  for (const [name, options] of [
    ['at once', {}],
    ['with delays', { ...JITTER, seed: 3 }],
  ] as [string, SimulateOptions][]) {
    test(`each step is one call more of the trace of a run (${name})`, async () => {
      const [whole, stepped] = [await simulate(bytes, options), await simulate(bytes, options)];
      for (const world of [whole, stepped]) {
        world.connect().send('a line that is cut to pieces');
        world.connect().send('another').end();
      }
      const lines = whole.run().trace().split('\n').slice(0, -1);
      assert.ok(lines.length > 8, `${lines.length} calls`);
      for (let count = 1; count <= lines.length; count++) {
        assert.is(stepped.stepCall().trace(), `${lines.slice(0, count).join('\n')}\n`);
      }
      assert.is(stepped.traceHash, whole.traceHash);
    });
  }

  row('several calls are a step, and a step ends where the guest rests', (world) => {
    const client = world.connect().send('Hello\n');
    assert.is(callsOf(world.stepCall(3)).length, 3);
    assert.is(client.text(), '');
    world.stepCall(1000);
    assert.is(client.text(), 'Uryyb\n');
    assert.ok(callsOf(world).length < 100);
  });

  row('what a test does between two calls happens between them', (world) => {
    const client = world.connect().send('one ');
    stepTo(world, 'accept(h3) = h4');
    client.send('two');
    stepTo(world, 'recv(h4, 65536) = 7 "one two"');
    client.reset();
    world.run();
    assert.match(world.trace(), /send\(h4, 7\) = -(?:CONNRESET|PIPE)/);
    assert.equal(
      world.inspect().descriptors.map(({ kind }) => kind),
      ['stdio', 'stdio', 'stdio', 'listener'],
    );
  });

  row('what was sent stays as it was, though the test changes its bytes afterwards', (world) => {
    const bytes = new TextEncoder().encode('Hello\n');
    const clients = [world.connect(), world.connect({ sendBufferBytes: 1 })];
    world.run();
    // The second one's socket takes only a part before the guest has read.
    const all = new Uint8Array(100_000).fill(0x61);
    clients[0]?.send(bytes);
    clients[1]?.send(all);
    bytes.fill(0);
    all.fill(0);
    world.stepCall(3);
    bytes.fill(1);
    world.run();
    assert.is(clients[0]?.text(), 'Uryyb\n');
    assert.is(clients[1]?.text(), 'n'.repeat(100_000));
  });

  row('a ring can be looked at in the midst of a turn', (world) => {
    world.connect().send('Hello\n');
    stepTo(world, 'send(h4, 6) = 6');
    const { slot } = world.inspect().descriptors[4] ?? {};
    assert.is(new TextDecoder().decode(slot?.ring?.held), 'Uryyb\n');
    world.run();
    assert.is(world.inspect().descriptors[4]?.slot?.ring?.heldBytes, 0);
  });

  row('runs, steps and time follow each other', (world) => {
    const client = world.connect();
    world.run().stepCall();
    client.send('a');
    world.stepCall(2).advance(1).stepCall();
    client.send('b');
    world.run();
    assert.is(client.text(), rot13('ab'));
    assert.is(world.nowMs >= 1, true);
  });

  row('a call that is to fail is counted on', (world) => {
    world.connect().send('x');
    stepTo(world, 'accept(h3) = h4');
    world.failCall('recv', 'CONNRESET');
    stepTo(world, 'recv(h4, 65536) = -CONNRESET');
    world.run();
    assert.match(world.trace(), /close\(h4\) = 0/);
  });

  row('an invariant is looked at once for each step', (world) => {
    let looks = 0;
    world.invariant('counts', () => ++looks);
    world.connect().send('x');
    for (let step = 0; step < 4; step++) world.stepCall();
    assert.is(looks, 5);
  });

  test.run();
}

const test = suite('steps of a world');

test('stepTurn ends the turn in which a step has stopped', async () => {
  const bytes = ROT13.get('turn') as Uint8Array;
  const [whole, stepped] = [await simulate(bytes), await simulate(bytes)];
  for (const world of [whole, stepped]) world.connect().send('Hello\n');
  const firstTurn = callsOf(whole.stepTurn());
  assert.ok(firstTurn.length > 2);
  assert.equal(callsOf(stepped.stepCall(2)), firstTurn.slice(0, 2));
  assert.equal(callsOf(stepped.stepTurn()), firstTurn);
  assert.equal(callsOf(stepped.stepTurn()), callsOf(whole.stepTurn()));
});

test('a guest that catches what leaves it, and goes on, is run anew all the same', async () => {
  const random = ['wasi_snapshot_preview1', 'random_get', 'i32 i32->i32'] as const;
  const draw = [...Op.i32(64), ...Op.i32(1), ...Op.call(0), ...Op.DROP];
  const body = [...Op.catchAll([...draw, ...draw]), ...draw, ...Op.i32(0x7fff_ffff)];
  const bytes = wasm({ imports: [random], functions: { turn: ['i32->i32', body] } });
  const world = await simulate(bytes);
  const counts = [1, 2, 3].map(() => callsOf(world.stepCall()).length);
  assert.equal(counts, [1, 2, 3]);
});

test.run();

function callsOf(world: World): string[] {
  return world.trace().split('\n').slice(0, -1);
}

/** Steps until the last call is the one whose text this is. */
function stepTo(world: World, call: string): void {
  for (let steps = 0; steps < 50; steps++) {
    if (callsOf(world.stepCall()).at(-1)?.includes(call) === true) return;
  }
  assert.unreachable(`${call} is not in\n${world.trace()}`);
}

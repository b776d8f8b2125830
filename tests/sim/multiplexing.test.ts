// The servers of the course notes in the twin, by seeds: the same bytes of a module, on a network
// that cuts, delays and breaks as it likes, with peers that read slowly or not at all.

import * as assert from 'uvu/assert';
import { Random } from '../e2e/support/random.ts';
import { forAllSeeds, simulate, type Peer } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { moduleBytes, rot13 } from './modules.ts';

const SEEDS = 20;
const FD_SETSIZE = 1024;

const SERVERS = [
  { program: 'poll-echo', answered: (text: string) => text },
  { program: 'select-rot13', answered: rot13 },
  { program: 'epoll-rot13', answered: rot13 },
  { program: 'early-epoll', answered: rot13 },
];

for (const { program, answered } of SERVERS) {
  const test = suite(`${program} (twin)`);
  const bytes = moduleBytes(`build/${program}.wasm`);

  test('clients get every byte back, whatever the network and their reading do', async () => {
    await forAllSeeds(SEEDS, async (seed) => {
      const random = new Random(seed, 2);
      const world = await simulate(bytes, {
        seed,
        args: ['--ring-bytes', String(64 << random.below(6))],
        latencyMs: [0, 4],
        segmentBytes: [1, 1400],
      });
      const texts = new Map<Peer, string>();
      for (let i = 0; i < 8; i++) {
        const receiveBufferBytes = 2048 << random.below(4);
        texts.set(world.connect({ receiveBufferBytes }), '');
      }
      for (let step = 0; step < 60; step++) {
        const [client, sent] = [...texts][random.below(texts.size)] ?? [];
        if (client === undefined || sent === undefined) throw new Error('no client');
        const text = `${'words '.repeat(random.magnitude(500))}\n`;
        if (random.chance(0.2)) client.pause();
        if (random.chance(0.3)) client.resume();
        texts.set(client, sent + text);
        client.send(text);
        if (random.chance(0.5)) world.advance(random.below(6));
      }
      for (const client of texts.keys()) client.resume().end();
      world.run();
      for (const [client, text] of texts) {
        assert.ok(client.text() === answered(text));
        assert.is(client.state, 'ended');
      }
      assert.is(world.end, undefined);
    });
  });

  test('clients that reset at any moment harm no other, and leave nothing open', async () => {
    await forAllSeeds(SEEDS, async (seed) => {
      const random = new Random(seed, 3);
      const world = await simulate(bytes, { seed, latencyMs: [0, 2], segmentBytes: [1, 600] });
      const stays = world.connect();
      for (let i = 0; i < 15; i++) {
        const breaks = world.connect().send('x'.repeat(random.magnitude(20_000)));
        if (random.chance(0.7)) world.advance(random.below(4));
        if (random.chance(0.3)) breaks.pause().send('more');
        breaks.reset();
        stays.send('line\n');
      }
      stays.end();
      world.run();
      assert.is(stays.text(), answered('line\n').repeat(15));
      assert.equal([stays.state, world.end, world.stderr], ['ended', undefined, '']);
      assert.not(world.inspect().descriptors.some(({ kind }) => kind === 'connection'));
    });
  });

  test('a client that is reset before its delayed accept is survived', async () => {
    const world = await simulate(bytes, { args: ['--accept-delay', '5000'] });
    const gone = world.connect();
    world.advance(1000);
    gone.reset();
    const stays = world.connect().send('Hello\n');
    world.advance(3900);
    assert.is(stays.text(), '');
    world.advance(200);
    assert.equal([stays.text(), world.end], [answered('Hello\n'), undefined]);
  });

  for (const errno of ['CONNABORTED', 'INTR', 'MFILE'] as const) {
    test(`${errno} of accept loses nobody`, async () => {
      const world = await simulate(bytes);
      world.failCall('accept', errno);
      const clients = [world.connect(), world.connect()];
      for (const client of clients) client.send('Hello\n');
      // The listener is left alone for a moment after MFILE.
      world.advance(200);
      for (const client of clients) assert.is(client.text(), answered('Hello\n'));
    });
  }

  test('it does the same each time', async () => {
    const hashes = [];
    for (let round = 0; round < 2; round++) {
      const world = await simulate(bytes, { seed: 5, latencyMs: [0, 3], segmentBytes: [1, 50] });
      const clients = [world.connect(), world.connect()];
      for (const client of clients) client.send('the same\n'.repeat(50)).end();
      hashes.push(world.run().traceHash);
    }
    assert.is(hashes[0], hashes[1]);
  });

  test.run();
}

const test = suite('select-rot13 and its limit (twin)');

test('a client whose descriptor has no bit is refused by number, and a free place is taken', async () => {
  const world = await simulate(moduleBytes('build/select-rot13.wasm'));
  const clients = Array.from({ length: FD_SETSIZE }, () => world.connect());
  world.run();
  const refused = clients.filter(({ state }) => state !== 'open');
  // Three are standard streams, one is the listener.
  assert.is(refused.length, 4);
  assert.is(
    world.stderr,
    'guest: descriptor 1024 is refused: select takes those below 1024\n'.repeat(4),
  );
  clients[100]?.end();
  world.run();
  const late = world.connect().send('abc\n');
  world.run();
  assert.equal([late.text(), world.end], ['nop\n', undefined]);
});

test.run();

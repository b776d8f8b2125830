// A simulated world as a test uses it: each row over our server as `_start` and as `turn`.

import * as assert from 'uvu/assert';
import { simulate, type SimulateOptions, type World } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { ROT13, rot13 } from './modules.ts';

for (const [entry, bytes] of ROT13) {
  const test = suite(`a simulated world (${entry})`);
  const row = (title: string, body: (world: World) => void, options?: SimulateOptions): void => {
    test(title, async () => body(await simulate(bytes, options)));
  };

  row('a client sends, and is answered', (world) => {
    const client = world.connect();
    client.send('Hello\n');
    world.run();
    assert.is(client.text(), 'Uryyb\n');
    assert.is(client.state, 'open');
  });

  row('nothing happens before it is run', (world) => {
    const client = world.connect().send('Hello\n');
    assert.is(client.state, 'connecting');
    assert.is(client.text(), '');
    assert.is(world.trace(), '');
  });

  row('a conversation goes on from run to run', (world) => {
    const client = world.connect();
    for (const word of ['one', 'two', 'three']) {
      client.send(word);
      world.run();
      assert.is(client.take(), rot13(word));
    }
  });

  row('several clients are answered, each its own', (world) => {
    const clients = Array.from({ length: 50 }, (_, at) => world.connect().send(`client ${at}`));
    world.run();
    clients.forEach((client, at) => assert.is(client.text(), rot13(`client ${at}`)));
  });

  row('a client that ends its side still gets its answer, and then the end', (world) => {
    const client = world.connect().send('last words').end();
    world.run();
    assert.is(client.text(), rot13('last words'));
    assert.is(client.state, 'ended');
    assert.is(openConnections(world), 0);
  });

  row('a client that resets is forgotten, and the others go on', (world) => {
    const [lost, other] = [world.connect().send('a'), world.connect().send('b')];
    world.run();
    lost.reset();
    other.send('c');
    world.run();
    assert.is(lost.state, 'closed');
    assert.is(other.text(), 'op');
    assert.is(openConnections(world), 1);
  });

  row('a client that closes is forgotten', (world) => {
    const client = world.connect().send('a');
    world.run();
    client.close();
    world.run();
    assert.is(openConnections(world), 0);
  });

  row('a client that does not read is not read from, and loses no byte', (world) => {
    const client = world.connect({ receiveBufferBytes: 4096, sendBufferBytes: 8192 }).pause();
    const text = 'abcdefgh'.repeat(1_000_000);
    client.send(text);
    world.run();
    assert.is(client.text(), '');
    assert.ok(client.unsentBytes > 0, 'the guest took more than its buffers hold');
    client.read(1000);
    assert.is(client.bytes().length, 1000);
    client.resume();
    world.run();
    assert.is(client.unsentBytes, 0);
    assert.ok(client.text() === rot13(text), 'the bytes are not those that were sent');
  });

  row(
    'a deadline of the guest comes when time is let pass, and not before',
    (world) => {
      const client = world.connect();
      world.run();
      assert.is(client.state, 'open');
      world.advance(499);
      assert.is(client.state, 'open');
      world.advance(2);
      assert.is(client.state, 'ended');
      assert.ok(world.nowMs >= 500 && world.nowMs < 502, `${world.nowMs}`);
    },
    { args: ['--idle-ms', '500'] },
  );

  row(
    'traffic moves an idle deadline',
    (world) => {
      const client = world.connect();
      for (let round = 0; round < 5; round++) {
        client.send('x');
        world.advance(300);
        assert.is(client.state, 'open');
      }
      world.advance(300);
      assert.is(client.state, 'ended');
    },
    { args: ['--idle-ms', '500'] },
  );

  row(
    'what is on its way comes when its time has come',
    (world) => {
      const client = world.connect();
      world.run();
      const connectedMs = world.nowMs;
      client.send('x');
      world.advance(4);
      assert.is(client.text(), '');
      world.advance(6.1);
      assert.is(client.text(), 'k');
      assert.ok(connectedMs >= 10, 'a round trip');
    },
    { latencyMs: 5 },
  );

  row(
    'segments of one byte are a stream all the same',
    (world) => {
      const client = world.connect().send('in many pieces').end();
      world.run();
      assert.is(client.text(), rot13('in many pieces'));
    },
    { segmentBytes: 1 },
  );

  row(
    'no descriptor is left for a client: it waits, and is served when one is given back',
    (world) => {
      const [first, second] = [world.connect().send('a'), world.connect().send('b')];
      world.run();
      assert.equal([first.text(), second.text()], ['n', '']);
      first.close();
      world.run();
      world.advance(2000);
      assert.is(second.text(), 'o');
    },
    { maxFds: 5 },
  );

  row('a call is made to fail, once', (world) => {
    const client = world.connect();
    world.run();
    client.send('lost');
    world.failCall('recv', 'CONNRESET');
    world.run();
    assert.match(world.trace(), /recv\(h4, \d+\) = -CONNRESET/);
    assert.is(openConnections(world), 0);
    const next = world.connect().send('served');
    world.run();
    assert.is(next.text(), rot13('served'));
  });

  row('the n-th call of a kind fails, and no other', (world) => {
    world.failCall('accept', 'CONNABORTED', 2);
    const clients = [world.connect().send('a'), world.connect().send('b')];
    world.run();
    assert.match(world.trace(), /accept\(h3\) = h4\n.*accept\(h3\) = -CONNABORTED\n/);
    assert.equal(
      clients.map((client) => client.text()),
      ['n', 'o'],
    );
  });

  row('an invariant is checked after every run', (world) => {
    world.invariant('two connections at most', (inside) => openConnections(inside) <= 2);
    world.connect();
    world.connect();
    world.run();
    world.connect();
    assert.throws(() => world.run(), /two connections at most: this no longer holds/);
    assert.throws(() => world.run(), /this world has failed before/);
  });

  row(
    'a guest that is told nonsense ends, and says why',
    (world) => {
      const client = world.connect().send('x');
      world.run();
      assert.equal(world.end, { reason: 'exited', code: 2 });
      assert.match(world.stderr, /--nonsense/);
      world.run();
      assert.is(client.state, 'reset');
      const late = world.connect().pause();
      world.advance(1000);
      assert.is(world.nowMs >= 1000, true);
      assert.is(late.state, 'refused');
    },
    { args: ['--nonsense'] },
  );

  row(
    'a client finds its listener by name or number',
    (world) => {
      for (const listener of [1, 'admin']) {
        const client = world.connect({ listener }).send('x');
        world.run();
        assert.is(client.text(), 'k');
        assert.match(world.trace(), /accept\(h4\) = h5/);
        client.close();
        world.run();
      }
      assert.throws(() => world.connect({ listener: 'missing' }), /no listener "missing"/);
    },
    { listen: ['tcp:127.0.0.1:8000', 'admin=tcp:127.0.0.1:8001'] },
  );

  row('what is inside can be looked at', (world) => {
    const client = world.connect().pause();
    client.send('x');
    world.run();
    const { descriptors, nowMs } = world.inspect();
    assert.is(nowMs, world.nowMs);
    assert.equal(
      descriptors.map(({ fd, kind }) => `${fd} ${kind}`),
      ['0 stdio', '1 stdio', '2 stdio', '3 listener', '4 connection'],
    );
    assert.equal(descriptors[3], {
      fd: 3,
      kind: 'listener',
      isNonBlocking: true,
      ready: '',
      state: 'LISTEN',
      queuedCount: 0,
      slot: { index: 0, interest: 'READ', readiness: '' },
    });
    assert.is(descriptors[4]?.state, 'ESTABLISHED');
    assert.is(descriptors[4]?.ready, 'WRITE');
  });

  row('looking changes nothing', (world) => {
    const client = world.connect().send('x'.repeat(100_000)).pause();
    world.run();
    const hash = world.traceHash;
    world.inspect();
    client.text();
    world.trace();
    assert.is(world.traceHash, hash);
  });

  test.run();
}

function openConnections(world: World): number {
  return world.inspect().descriptors.filter(({ kind }) => kind === 'connection').length;
}

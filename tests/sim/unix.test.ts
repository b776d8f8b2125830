// Clients over unix sockets: each row over our server as `_start` and as `turn`.

import * as assert from 'uvu/assert';
import { simulate, type SimulateOptions, type World } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { ROT13, rot13 } from './modules.ts';

const LISTEN = ['tcp:127.0.0.1:8000', 'admin=unix:/run/pollux/admin.sock'];

for (const [entry, bytes] of ROT13) {
  const test = suite(`unix clients of a world (${entry})`);
  const row = (title: string, body: (world: World) => void, options?: SimulateOptions): void => {
    test(title, async () => body(await simulate(bytes, { listen: LISTEN, ...options })));
  };

  row('a client sends, and is answered, beside one that speaks TCP', (world) => {
    const unix = world.connect({ listener: 'admin' }).send('over a path');
    const tcp = world.connect().send('over a port');
    world.run();
    assert.is(unix.text(), rot13('over a path'));
    assert.is(tcp.text(), rot13('over a port'));
    assert.is(unix.state, 'open');
  });

  row('a conversation goes on from run to run, to its end', (world) => {
    const client = world.connect({ listener: 'admin' });
    for (const word of ['one', 'two', 'three']) {
      client.send(word);
      world.run();
      assert.is(client.take(), rot13(word));
    }
    client.end();
    world.run();
    assert.is(client.state, 'ended');
    assert.is(connections(world), 0);
  });

  row('a client that closes with bytes it has not read is reset for the guest', (world) => {
    const client = world.connect({ listener: 'admin' }).pause().send('answer me');
    world.run();
    client.close();
    world.run();
    assert.match(world.trace(), /recv\(h5, \d+\) = -CONNRESET/);
    assert.is(connections(world), 0);
    assert.is(client.state, 'closed');
  });

  row('a client that does not read is not read from, and loses no byte', (world) => {
    const client = world.connect({ listener: 'admin', sendBufferBytes: 8192 }).pause();
    const text = 'abcdefgh'.repeat(100_000);
    client.send(text);
    world.run();
    assert.is(client.text(), '');
    assert.ok(client.unsentBytes > 0, 'the guest took more than its buffers hold');
    const seen = world.inspect().descriptors.find(({ fd }) => fd === 5);
    assert.is(seen?.state, 'ESTABLISHED');
    assert.ok((seen?.unacknowledgedBytes ?? 0) > 0);
    assert.is(seen?.slot?.ring?.heldBytes, 65_536);
    client.read(1000);
    assert.is(client.bytes().length, 1000);
    client.resume();
    world.run();
    assert.is(client.unsentBytes, 0);
    assert.ok(client.text() === rot13(text), 'the bytes are not those that were sent');
  });

  row(
    'a client for whom the queue has no room waits, and is served',
    (world) => {
      const clients = Array.from({ length: 5 }, (_, at) =>
        world.connect({ listener: 'admin' }).send(`client ${at}`),
      );
      assert.is(clients.filter(({ state }) => state === 'connecting').length, 3);
      world.run();
      clients.forEach((client, at) => assert.is(client.text(), rot13(`client ${at}`)));
    },
    { backlog: 1 },
  );

  row('no one listens when the guest has ended', (world) => {
    world.failCall('accept', 'BADF');
    const first = world.connect({ listener: 'admin' });
    world.run();
    assert.is(world.end?.code === 0, false);
    assert.is(first.state, 'reset');
    const late = world.connect({ listener: 'admin' });
    world.run();
    assert.is(late.state, 'refused');
  });

  row('the trace has its calls as it has those over TCP', (world) => {
    const client = world.connect({ listener: 'admin' }).send('Hello\n').end();
    world.run();
    assert.is(client.text(), 'Uryyb\n');
    assert.match(world.trace(), /accept\(h4\) = h5[^]*recv\(h5, 65536\) = 6 "Hello\\n"/);
  });

  test('what a unix socket does not have is refused', async () => {
    const world = await simulate(bytes, { listen: LISTEN });
    assert.throws(
      () => world.connect({ listener: 'admin', receiveBufferBytes: 4096 }),
      /a unix socket has no receiveBufferBytes: what waits is in the sender's buffer/,
    );
    const client = world.connect({ listener: 'admin' });
    assert.throws(() => client.reset(), /a unix socket knows no reset; close\(\) one with bytes/);
    client.send('x');
    world.run();
    assert.is(client.text(), 'k');
  });

  test.run();
}

function connections(world: World): number {
  return world.inspect().descriptors.filter(({ kind }) => kind === 'connection').length;
}

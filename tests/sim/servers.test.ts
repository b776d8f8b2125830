// Servers of a world, for a guest that connects: an echo of what its server sends, as `_start` with
// calls that block and as `turn` with calls that do not.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { simulate, SimulationError, type SimulateOptions, type World } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { Op, wasm } from '../support/wasm.ts';
import { CONNECTING, ECHOING } from './echoing-client.ts';

const ADDRESS = 'tcp:127.0.0.1:9000';

for (const [entry, bytes] of ECHOING) {
  const test = suite(`servers of a world (${entry})`);
  const row = (title: string, body: (world: World) => void, options?: SimulateOptions): void => {
    test(title, async () =>
      body(await simulate(bytes, { listen: [], connect: [ADDRESS], ...options })),
    );
  };

  row('the guest begins connected, and speaks with its server', (world) => {
    const server = world.listen(ADDRESS);
    world.run();
    assert.is(server.connections.length, 1);
    const peer = server.connection().send('Hello\n');
    world.run();
    assert.is(peer.text(), 'Hello\n');
    assert.is(peer.state, 'open');
    peer.send('again').end();
    world.run();
    assert.is(peer.text(), 'Hello\nagain');
    assert.is(peer.state, 'ended');
    assert.equal(world.end, { reason: 'exited', code: 0 });
  });

  row('a connection is the same one from run to run', (world) => {
    const server = world.listen(ADDRESS);
    world.run();
    const peer = server.connection();
    for (const word of ['one', 'two', 'three']) {
      server.connection().send(word);
      world.run();
      assert.is(peer.take(), word);
    }
    assert.is(server.connection(), peer);
  });

  row('no one listens: the guest can not begin, and the message says what to do', (world) => {
    assert.throws(
      () => world.run(),
      failsWith('CANNOT_CONNECT', /CONNREFUSED; call world\.listen/),
    );
    assert.is(world.trace(), '');
  });

  row('a server that refuses is one that does not listen', (world) => {
    world.listen(ADDRESS).refuse();
    assert.throws(() => world.run(), failsWith('CANNOT_CONNECT', /127\.0\.0\.1:9000: CONNREFUSED/));
  });

  row('a server that answers nothing fails the connect when time is let pass', (world) => {
    const server = world.listen(ADDRESS).ignore();
    world.run();
    world.advance(130_000);
    assert.is(server.connections.length, 0);
    assert.is(world.trace(), '');
    assert.throws(() => world.advance(2000), failsWith('CANNOT_CONNECT', /9000: TIMEDOUT/));
  });

  row('a server that answers late is connected then', (world) => {
    const server = world.listen(ADDRESS).ignore();
    world.advance(2500);
    server.accept();
    world.run();
    assert.is(server.connections.length, 0);
    world.advance(501);
    assert.is(server.connection().state, 'open');
    server.connection().send('x');
    world.run();
    assert.is(server.connection().text(), 'x');
  });

  row(
    'a connection takes a round trip',
    (world) => {
      const server = world.listen(ADDRESS);
      world.advance(9);
      assert.is(world.trace(), '');
      world.advance(1.1);
      assert.is.not(world.trace(), '');
      world.run();
      assert.is(server.connection().state, 'open');
    },
    { latencyMs: 5 },
  );

  row('a reset of the server is one for the guest', (world) => {
    const server = world.listen(ADDRESS);
    world.run();
    server.connection().reset();
    world.run();
    assert.match(world.trace(), /recv(?:Vectors)?\(h3, \d+\) = -CONNRESET/);
    assert.equal(world.end, { reason: 'exited', code: 15 });
  });

  row(
    'a server that reads slowly stops the guest, and loses no byte',
    (world) => {
      const server = world.listen(ADDRESS, { paused: true, receiveBufferBytes: 4096 });
      world.run();
      const text = 'abcdefgh'.repeat(10_000);
      const peer = server.connection().send(text);
      world.run();
      assert.is(peer.text(), '');
      assert.ok(peer.unsentBytes > 0 || peer.bytes().length < text.length);
      peer.read(10);
      assert.is(peer.text(), 'abcdefghab');
      peer.resume();
      world.run();
      assert.ok(peer.text() === text, 'the bytes are not those that were sent');
    },
    { sendBufferBytes: 4608, receiveBufferBytes: 4608 },
  );

  row(
    'a server at a unix path is connected as well',
    (world) => {
      const server = world.listen('unix:/run/upstream/a.sock');
      assert.throws(() => server.ignore(), /answers a connect at once, and can not ignore one/);
      world.run();
      const peer = server.connection().send('Hello\n');
      world.run();
      assert.is(peer.text(), 'Hello\n');
      // It goes, another comes to its path, and nobody connects to that one.
      server.refuse().accept();
      peer.close();
      world.run();
      assert.is(server.connections.length, 1);
      assert.equal(world.end, { reason: 'exited', code: 0 });
    },
    { connect: ['unix:/run/upstream/a.sock'] },
  );

  test('the same seed gives the same world', async () => {
    const live = async (seed: number): Promise<string[]> => {
      const world = await simulate(bytes, {
        ...{ listen: [], connect: [ADDRESS], seed },
        ...{ latencyMs: [0, 20], segmentBytes: [1, 64] },
      });
      const server = world.listen(ADDRESS);
      world.run();
      const peer = server.connection().send('a long line, cut to pieces '.repeat(20));
      world.run();
      peer.send('and one more').end();
      world.run();
      return [world.traceHash, peer.text()];
    };
    const first = await live(7);
    assert.equal(await live(7), first);
    const other = await live(8);
    assert.is.not(other[0], first[0]);
    assert.is(other[1], first[1]);
  });

  test.run();
}

for (const [entry, bytesFor] of CONNECTING) {
  const test = suite(`a guest that connects (${entry})`);
  const bytes = bytesFor(9000);
  const row = (title: string, body: (world: World) => void, options?: SimulateOptions): void => {
    const allowed = { listen: [], allowConnect: ['127.0.0.1:9000-9001'] };
    test(title, async () => body(await simulate(bytes, { ...allowed, ...options })));
  };

  row('it reaches a server of the world', (world) => {
    const server = world.listen(ADDRESS);
    world.run();
    const peer = server.connection().send('Hello\n').end();
    world.run();
    assert.is(peer.text(), 'Hello\n');
    assert.equal(world.end, { reason: 'exited', code: 0 });
    assert.match(world.trace(), /open\(\) = h3\n.*connect\(h3\) = -INPROGRESS/);
  });

  row('it is refused where no one listens', (world) => {
    world.run();
    assert.equal(world.end, { reason: 'exited', code: Errno.CONNREFUSED });
  });

  row('a server that refused may accept again', (world) => {
    const server = world.listen(ADDRESS).refuse().accept();
    world.run();
    assert.is(server.connection().state, 'open');
  });

  row('its connect times out where nothing answers, when enough time was let pass', (world) => {
    world.listen(ADDRESS).ignore();
    world.run();
    assert.is(world.nowMs, 0);
    world.advance(130_000);
    assert.is(world.end, undefined);
    world.advance(2000);
    assert.equal(world.end, { reason: 'exited', code: Errno.TIMEDOUT });
  });

  row('its connect stands when a server that answered nothing answers', (world) => {
    const server = world.listen(ADDRESS).ignore();
    world.advance(1500);
    server.accept();
    world.advance(1000);
    assert.is(server.connection().state, 'open');
  });

  row(
    'an address that it may not connect to is ACCES, and nothing happens',
    (world) => {
      const server = world.listen(ADDRESS);
      world.run();
      assert.equal(world.end, { reason: 'exited', code: Errno.ACCES });
      assert.is(server.connections.length, 0);
      assert.not.match(world.trace(), 'connect');
    },
    { allowConnect: ['127.0.0.1:9001', '10.0.0.0/8:*', 'unix:/run/a'] },
  );

  row(
    'without allowConnect it gets no socket',
    (world) => {
      world.run();
      assert.equal(world.end, { reason: 'exited', code: Errno.ACCES });
      assert.is(world.trace(), '');
    },
    { allowConnect: [] },
  );

  row('a connect is made to fail', (world) => {
    world.listen(ADDRESS);
    world.failCall('connect', 'NETUNREACH');
    world.run();
    assert.equal(world.end, { reason: 'exited', code: Errno.NETUNREACH });
  });

  test.run();
}

const test = suite('servers of a world: mistakes');
const bytes = ECHOING.get('turn') as Uint8Array;

test('listeners come before connections, and LISTEN_FDS counts listeners alone', async () => {
  const environ = ['wasi_snapshot_preview1', 'environ_get', 'i32 i32->i32'] as const;
  const write = ['wasi_snapshot_preview1', 'fd_write', 'i32 i32 i32 i32->i32'] as const;
  const body = [
    ...[...[1024, 2048].flatMap(Op.i32), ...Op.call(0), ...Op.DROP],
    ...[...Op.store(16, Op.i32(2048)), ...Op.store(20, Op.i32(64))],
    ...[...[1, 16, 1, 24].flatMap(Op.i32), ...Op.call(1), ...Op.DROP],
  ];
  const guest = wasm({ imports: [environ, write], functions: { _start: ['->', body] } });
  const world = await simulate(guest, { connect: [ADDRESS, 'unix:/run/a'] });
  world.listen(ADDRESS);
  world.listen('unix:/run/a');
  world.run();
  assert.match(world.stdout, /^LISTEN_FDS=1\0/);
  assert.equal(
    world.inspect().descriptors.map(({ fd, kind }) => `${fd} ${kind}`),
    ['0 stdio', '1 stdio', '2 stdio', '3 listener', '4 connection', '5 connection'],
  );
});

test('addresses that make no sense are refused, each by name', async () => {
  const world = await simulate(bytes);
  const addresses: [string, RegExp][] = [
    ['9000', /"9000": an address starts with tcp: or unix:/],
    ['tcp:127.0.0.1:8000', /tcp:127\.0\.0\.1:8000 can not be listened at: ADDRINUSE/],
    ['tcp:10.0.0.1:9000', /can not be listened at: ADDRNOTAVAIL/],
    ['tcp:127.0.0.1:80', /can not be listened at: ACCES/],
  ];
  for (const [address, says] of addresses) {
    assert.throws(() => world.listen(address), failsWith('USAGE', says));
  }
  assert.throws(
    () => world.listen('tcp:127.0.0.1:0', { sendBufferBytes: 0.5 }),
    failsWith('USAGE', /sendBufferBytes is 0\.5; give a number of bytes from 1 to 2\^30/),
  );
  // None of them has left anything behind.
  assert.is(world.listen('tcp:127.0.0.1:0').address, 'tcp:127.0.0.1:32768');
});

test('patterns that make no sense are refused, and names', async () => {
  const patterns: [string, RegExp][] = [
    ['nonsense', /allowConnect "nonsense": a pattern is HOST:PORT/],
    ['example.org:80', /allowConnect "example\.org:80": a simulated world has no names; give an/],
  ];
  for (const [pattern, says] of patterns) {
    const refused = await simulate(bytes, { allowConnect: [pattern] }).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(failsWith('USAGE', says)(refused), String(refused));
  }
});

test('a connection that is not there is told as that', async () => {
  const world = await simulate(bytes);
  const server = world.listen(ADDRESS);
  assert.throws(
    () => server.connection(2),
    failsWith('USAGE', /tcp:127\.0\.0\.1:9000 has 0 connections, so none has index 2; run\(\)/),
  );
});

test.run();

/** For `assert.throws`. */
function failsWith(code: string, says: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof SimulationError && error.code === code && says.test(error.message);
}

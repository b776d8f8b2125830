// Unix sockets: nothing between the ends.

import { Mode, Readiness, Shutdown, SocketOption } from '../../../host/kernel/kernel.ts';
import { connectPair, name, type Probe, probe } from '../probe.ts';

const { READ, WRITE } = Readiness;

export const UNIX: readonly Probe[] = [
  probe('a fresh unix socket', ({ near, say }) => {
    const handle = near.open('unix');
    say('poll', near.poll(handle));
    say('calls', near.recv(handle), near.send(handle, 'x'), near.accept(handle));
    say('listen', name(near.kernel.listen(handle, 1)));
    say('shutdown', name(near.kernel.shutdown(handle, Shutdown.WRITE)), near.poll(handle));
    say(
      'names',
      JSON.stringify(near.kernel.localAddress(handle)),
      name(near.kernel.peerAddress(handle) as number),
    );
  }),

  probe('a unix listener', ({ near, far, say }) => {
    const { listener, address } = near.listen('unix');
    say('poll', near.poll(listener), near.accept(listener), near.recv(listener));
    say('send', near.send(listener, 'x'));
    const client = far.dial(address);
    say('queued', near.poll(listener), far.poll(client), far.send(client, 'early'));
    const server = near.kernel.accept(listener);
    say('recv', near.recv(server), near.recv(server));
    say('again', name(far.kernel.connect(client, address)));
    say('of the listener', name(near.kernel.connect(listener, address)));
  }),

  probe('a unix peer that closes', (world) => {
    const { near, far, say } = world;
    const { server, client } = connectPair(world, 'unix');
    far.send(client, 'bye');
    far.kernel.close(client);
    say('poll', near.poll(server), near.send(server, 'x'));
    say('recv', near.recv(server), near.recv(server), near.error(server));
    say('name', typeof near.kernel.peerAddress(server));
  }),

  probe('a unix peer that closes with unread bytes', (world) => {
    const { near, far, say } = world;
    const { server, client } = connectPair(world, 'unix');
    near.send(server, 'never read');
    far.kernel.close(client);
    say('poll', near.poll(server));
    say('send', near.send(server, 'x'));
    say('recv', near.recv(server), near.recv(server), near.error(server));
  }),

  probe('half-closes of a unix socket', (world) => {
    const { near, far, say } = world;
    const { server, client } = connectPair(world, 'unix');
    say('write end', name(far.kernel.shutdown(client, Shutdown.WRITE)));
    say('server', near.poll(server), near.recv(server), near.send(server, 'reply'));
    say('client', far.poll(client), far.recv(client), far.send(client, 'x'));
    say('read end', name(far.kernel.shutdown(client, Shutdown.READ)));
    say('both', near.poll(server), near.send(server, 'x'), far.poll(client), far.recv(client));
  }),

  probe('a unix socket that is shut for reading', (world) => {
    const { near, far, say } = world;
    const { server, client } = connectPair(world, 'unix');
    far.send(client, 'before');
    near.kernel.shutdown(server, Shutdown.READ);
    say('server', near.poll(server), near.recv(server), near.recv(server));
    say('client', far.poll(client), far.send(client, 'x'));
    say('other way', near.send(server, 'still'), far.recv(client));
  }),

  probe('a full unix socket', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world, 'unix');
    near.kernel.setOption(server, SocketOption.SEND_BUFFER, 65_536);
    const sentBytes = near.fill(server, settle);
    say('full', sentBytes < Infinity, near.poll(server), near.send(server, 'x'));
    far.drain(client, sentBytes / 4);
    say('a quarter read', near.poll(server, WRITE));
    far.drain(client, sentBytes);
    say('all read', near.poll(server, WRITE), near.send(server, 'x'));
  }),

  probe('edges of a unix socket', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world, 'unix');
    const set = near.set();
    near.watch(set, server, READ | WRITE, Mode.EDGE);
    say('first', near.wait(set, { a: server }), near.wait(set, { a: server }));
    far.send(client, 'x');
    say('data', near.wait(set, { a: server }), near.wait(set, { a: server }));
    near.fill(server, settle);
    say('full', near.wait(set, { a: server }));
    near.watch(set, server, READ | WRITE, Mode.EDGE);
    far.drain(client, 100);
    say('a part of a piece', near.wait(set, { a: server }));
    far.drain(client, Infinity);
    say('drained', near.wait(set, { a: server }), near.wait(set, { a: server }));
    near.send(server, 'abc');
    near.send(server, 'def');
    say('sent', near.wait(set, { a: server }));
    say('part read', far.recv(client, 2), near.wait(set, { a: server }));
    say('piece read', far.recv(client, 1), near.wait(set, { a: server }));
    near.kernel.shutdown(server, Shutdown.READ);
    say('own end', near.wait(set, { a: server }), near.wait(set, { a: server }));
    far.kernel.shutdown(client, Shutdown.WRITE);
    say('end', near.wait(set, { a: server }), near.wait(set, { a: server }));
  }),

  probe('a unix queue, and paths', ({ near, far, say }) => {
    const { listener, address } = near.listen('unix', 1);
    const results = [0, 0, 0].map(() => name(far.kernel.connect(far.open('unix'), address)));
    say('connect', ...results);
    say('accept', near.accept(listener), name(far.kernel.connect(far.open('unix'), address)));
    near.kernel.close(listener);
    say('closed', name(far.kernel.connect(far.open('unix'), address)));
    say('bind', name(near.kernel.bind(near.open('unix'), address)));
    say('elsewhere', name(far.kernel.connect(far.open('unix'), far.free('unix'))));
    say('bound, not listening', bindOnly());

    function bindOnly(): string {
      const handle = near.open('unix');
      const path = near.free('unix');
      near.kernel.bind(handle, path);
      return name(far.kernel.connect(far.open('unix'), path));
    }
  }),

  probe('a unix listener that is closed or shut with a queue', ({ near, far, say }) => {
    for (const end of ['close', 'shutdown'] as const) {
      const { listener, address } = near.listen('unix');
      const client = far.dial(address);
      far.send(client, 'never read');
      if (end === 'close') near.kernel.close(listener);
      else near.kernel.shutdown(listener, Shutdown.READ);
      say(end, far.poll(client), far.send(client, 'x'), far.recv(client), far.recv(client));
      if (end === 'close') continue;
      say('listener', near.poll(listener), near.accept(listener), near.accept(listener));
      say('refused', name(far.kernel.connect(far.open('unix'), address)));
    }
  }),
];

// How connections end: FIN, RST, half-close, and which error is told when.

import { Shutdown } from '../../../host/kernel/kernel.ts';
import { acceptOne, connectPair, name, type Probe, probe } from '../probe.ts';

export const ENDINGS: readonly Probe[] = [
  probe('a reset before accept', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    far.reset(far.dial(address));
    settle();
    say('listener', near.poll(listener));
    const server = near.kernel.accept(listener);
    say('poll', near.poll(server));
    say('recv', near.recv(server), near.recv(server));
    say('send', near.send(server, 'x'));
  }),

  probe('data and a reset before accept', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    const client = far.dial(address);
    settle();
    far.send(client, 'hello');
    far.reset(client);
    settle();
    const server = near.kernel.accept(listener);
    say('recv', near.recv(server), near.recv(server), near.recv(server));
  }),

  probe('data and an end before accept', (world) => {
    const { near, far, settle, say } = world;
    const { listener, address } = near.listen();
    const client = far.dial(address);
    settle();
    far.send(client, 'hi');
    far.kernel.shutdown(client, Shutdown.WRITE);
    settle();
    const server = near.kernel.accept(listener);
    say('poll', near.poll(server));
    say('recv', near.recv(server), near.recv(server));
    say('send', near.send(server, 'x'));
    settle();
    say('client', far.poll(client), far.recv(client));
  }),

  probe('data and a reset on a connection', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.send(client, '0123456789');
    settle();
    far.reset(client);
    settle();
    say('poll', near.poll(server));
    say('recv', near.recv(server, 4), near.recv(server), near.recv(server), near.recv(server));
    say('error', near.error(server));
  }),

  probe('a reset that recv sees first', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.reset(client);
    settle();
    say('poll', near.poll(server));
    say('recv', near.recv(server), near.recv(server));
    say('poll after', near.poll(server));
    say('send', near.send(server, 'x'), near.send(server, 'x'));
  }),

  probe('a reset that send sees first', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.reset(client);
    settle();
    say('send', near.send(server, 'x'), near.send(server, 'x'));
    say('recv', near.recv(server));
    say('poll', near.poll(server));
  }),

  probe('a reset that the question for the error sees first', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.reset(client);
    settle();
    say('error', near.error(server), near.error(server));
    say('recv', near.recv(server));
    say('send', near.send(server, 'x'));
    say('poll', near.poll(server));
  }),

  probe('a peer that closes with unread bytes', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    near.send(server, 'never read');
    settle();
    far.kernel.close(client);
    settle();
    say('poll', near.poll(server));
    say('recv', near.recv(server), near.recv(server));
    say('send', near.send(server, 'x'));
  }),

  probe('an answer that is lost to a close with unread bytes', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.send(client, 'question, and more');
    settle();
    near.recv(server, 8);
    near.send(server, 'answer');
    near.kernel.close(server);
    settle();
    say('client', far.poll(client), far.recv(client), far.recv(client), far.recv(client));
  }),

  probe('a peer that closes, and sends after it', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.kernel.close(client);
    settle();
    say('poll', near.poll(server));
    say('recv', near.recv(server), near.recv(server));
    say('first send', near.send(server, 'x'));
    settle();
    say('poll after', near.poll(server));
    say('sends', near.send(server, 'x'), near.send(server, 'x'));
    say('recv after', near.recv(server));
  }),

  probe('the error of an answer to a closed peer', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.kernel.close(client);
    settle();
    near.send(server, 'x');
    settle();
    say('recv before the question', near.recv(server));
    say('error', near.error(server), near.error(server));
    say('recv', near.recv(server));
  }),

  probe('data that came before a peer’s reset after its end', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.send(client, 'last');
    far.kernel.close(client);
    settle();
    near.send(server, 'x');
    settle();
    say('poll', near.poll(server));
    say('recv', near.recv(server), near.recv(server));
    say('error', near.error(server));
  }),

  probe('a half-close, and an answer', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    say('shutdown', name(far.kernel.shutdown(client, Shutdown.WRITE)));
    settle();
    say('server', near.poll(server), near.recv(server), near.send(server, 'reply'));
    settle();
    say('client', far.poll(client), far.recv(client), far.send(client, 'x'));
  }),

  probe('both halves closed', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.kernel.shutdown(client, Shutdown.WRITE);
    near.kernel.shutdown(server, Shutdown.WRITE);
    settle();
    say('poll', near.poll(server), near.poll(server, 1), near.poll(server, 2), far.poll(client));
    say('recv', near.recv(server), far.recv(client));
    say('send', near.send(server, 'x'), far.send(client, 'x'));
  }),

  probe('what is left of a connection that both have ended', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.kernel.shutdown(client, Shutdown.WRITE);
    settle();
    near.kernel.shutdown(server, Shutdown.WRITE);
    settle();
    for (const [side, handle] of [
      [near, server],
      [far, client],
    ] as const) {
      say('name', typeof side.kernel.peerAddress(handle));
      say('shutdown', name(side.kernel.shutdown(handle, Shutdown.WRITE)));
      say('poll', side.poll(handle), side.error(handle));
    }
  }),

  probe('a local end of reading, and data after it', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    say('shutdown', name(near.kernel.shutdown(server, Shutdown.READ)));
    say('poll', near.poll(server), near.recv(server));
    far.send(client, 'late');
    settle();
    say('recv', near.recv(server), near.recv(server));
    say('client', far.poll(client), far.send(client, 'x'));
  }),

  probe('data for a socket whose two ends are shut', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    near.kernel.shutdown(server, Shutdown.BOTH);
    settle();
    say('shut', near.poll(server), near.poll(server, 2), near.recv(server));
    say('client', far.poll(client), far.recv(client), far.send(client, 'x'));
    settle();
    say('client after', far.poll(client), far.send(client, 'x'), far.recv(client));
    say('server', near.poll(server), near.recv(server), near.error(server));
  }),

  probe('after a local end of writing', (world) => {
    const { near, settle, say } = world;
    const { server } = connectPair(world);
    near.kernel.shutdown(server, Shutdown.WRITE);
    settle();
    say('send', near.send(server, 'x'), near.send(server, ''));
    say('again', name(near.kernel.shutdown(server, Shutdown.WRITE)));
    say('poll', near.poll(server), near.poll(server, 2), near.recv(server));
  }),

  probe('a close with a linger of 0', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    near.send(server, 'first');
    settle();
    near.reset(server);
    settle();
    say('client', far.poll(client), far.recv(client), far.recv(client), far.recv(client));
  }),

  probe('a close while the peer still sends', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    near.send(server, 'bye');
    near.kernel.close(server);
    settle();
    say('client', far.recv(client), far.recv(client), far.send(client, 'x'));
    settle();
    say('after', far.poll(client), far.error(client), far.send(client, 'x'));
  }),

  probe('a reset while our side is ended', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    near.kernel.shutdown(server, Shutdown.WRITE);
    settle();
    far.reset(client);
    settle();
    say('poll', near.poll(server));
    say('recv', near.recv(server), near.recv(server), near.error(server));
  }),

  probe('a second handle keeps the connection', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const second = near.kernel.dup(server);
    near.kernel.close(server);
    settle();
    say('client', far.poll(client), far.recv(client));
    say('send', near.send(second, 'still'));
    near.kernel.close(second);
    settle();
    say('client after', far.recv(client), far.recv(client));
  }),

  probe('names of a connection that was reset', (world) => {
    const { near, far, settle, say } = world;
    const { server, client, listener, address } = connectPair(world);
    say('before', typeof near.kernel.peerAddress(server));
    far.reset(client);
    settle();
    say('after', name(near.kernel.peerAddress(server) as number));
    say('own', JSON.stringify(near.kernel.localAddress(server)) === JSON.stringify(address));
    for (const how of [1, 2, 3] as const) say('shutdown', name(near.kernel.shutdown(server, how)));
    say('listen', name(near.kernel.listen(server, 1)));
    acceptOne(world, listener, address);
  }),
];

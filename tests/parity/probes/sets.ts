// Sets: level, edge, one-shot, and the order in which a wait reports.

import { Mode, Readiness, RECV_PEEK, Shutdown } from '../../../host/kernel/kernel.ts';
import { acceptOne, connectPair, name, type Probe, probe, type ProbeWorld } from '../probe.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

/** Connections a, b, c ... of one listener, watched for READ in that order. */
function watched(
  world: ProbeWorld,
  count: number,
  mode: Mode = Mode.LEVEL,
): { set: number; names: Record<string, number>; clients: number[] } {
  const { near } = world;
  const { listener, address } = near.listen();
  const set = near.set();
  const names: Record<string, number> = {};
  const clients: number[] = [];
  for (let at = 0; at < count; at++) {
    const { server, client } = acceptOne(world, listener, address);
    names[String.fromCharCode(97 + at)] = server;
    clients.push(client);
    near.watch(set, server, READ, mode);
  }
  return { set, names, clients };
}

/** Has each named client send a byte, in this order. */
function arrive({ far, settle }: ProbeWorld, clients: number[], order: number[]): void {
  for (const at of order) {
    far.send(clients[at] as number, 'x');
    settle();
  }
}

export const SETS: readonly Probe[] = [
  probe('the order of becoming ready', (world) => {
    const { set, names, clients } = watched(world, 6);
    arrive(world, clients, [3, 0, 5, 1]);
    world.say('all', world.near.wait(set, names));
    world.say('again', world.near.wait(set, names));
    world.say('again', world.near.wait(set, names));
  }),

  probe('a list of one', (world) => {
    const { set, names, clients } = watched(world, 6);
    arrive(world, clients, [3, 0, 5, 1]);
    for (let round = 0; round < 6; round++) world.say('one', world.near.wait(set, names, 1));
  }),

  probe('a list of two, and a late arrival', (world) => {
    const { set, names, clients } = watched(world, 6);
    arrive(world, clients, [3, 0, 5, 1]);
    world.say('two', world.near.wait(set, names, 2));
    arrive(world, clients, [2]);
    for (let round = 0; round < 4; round++) world.say('two', world.near.wait(set, names, 2));
  }),

  probe('edges with a list of one', (world) => {
    const { set, names, clients } = watched(world, 4, Mode.EDGE);
    arrive(world, clients, [2, 0, 3, 1]);
    world.say('one', world.near.wait(set, names, 1));
    arrive(world, clients, [2]);
    for (let round = 0; round < 5; round++) world.say('one', world.near.wait(set, names, 1));
  }),

  probe('a second arrival keeps its place', (world) => {
    const { set, names, clients } = watched(world, 4);
    arrive(world, clients, [3, 1, 0, 3]);
    world.say('all', world.near.wait(set, names));
  }),

  probe('ready no longer when the wait looks', (world) => {
    const { near, say } = world;
    const { set, names, clients } = watched(world, 3);
    arrive(world, clients, [0, 1, 2]);
    near.recv(names['b'] as number);
    say('all', near.wait(set, names));
    near.recv(names['a'] as number);
    near.recv(names['c'] as number);
    say('none', near.wait(set, names));
    arrive(world, clients, [1]);
    say('again', near.wait(set, names));
  }),

  probe('an edge, a part read, and watching again', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const set = near.set();
    near.watch(set, server, READ, Mode.EDGE);
    far.send(client, 'abcd');
    settle();
    say('first', near.wait(set, { a: server }), near.wait(set, { a: server }));
    say('part', near.recv(server, 2), near.wait(set, { a: server }));
    far.send(client, 'e');
    settle();
    say('more', near.wait(set, { a: server }), near.wait(set, { a: server }));
    near.watch(set, server, READ, Mode.EDGE);
    say('again', near.wait(set, { a: server }), near.wait(set, { a: server }));
    near.watch(set, server, READ | WRITE, Mode.EDGE);
    say('wider', near.wait(set, { a: server }), near.wait(set, { a: server }));
  }),

  probe('an edge of both directions', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const set = near.set();
    near.watch(set, server, READ | WRITE | READ_HANGUP, Mode.EDGE);
    say('first', near.wait(set, { a: server }), near.wait(set, { a: server }));
    far.send(client, 'x');
    settle();
    say('data', near.wait(set, { a: server }));
    near.send(server, 'an answer, which is acknowledged');
    settle();
    say('acknowledged', near.wait(set, { a: server }));
    far.kernel.shutdown(client, Shutdown.WRITE);
    settle();
    say('end', near.wait(set, { a: server }), near.wait(set, { a: server }));
  }),

  probe('an edge for writing alone', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const set = near.set();
    near.watch(set, server, WRITE, Mode.EDGE);
    say('first', near.wait(set, { a: server }), near.wait(set, { a: server }));
    far.send(client, 'x');
    settle();
    say('data', near.wait(set, { a: server }));
    far.kernel.shutdown(client, Shutdown.WRITE);
    settle();
    say('end', near.wait(set, { a: server }), near.wait(set, { a: server }));
    far.kernel.close(client);
  }),

  probe('an edge of a local shutdown', (world) => {
    const { near, say } = world;
    const { server } = connectPair(world);
    const set = near.set();
    near.watch(set, server, READ | WRITE, Mode.EDGE);
    near.wait(set, {});
    near.kernel.shutdown(server, Shutdown.READ);
    say('read end', near.wait(set, { a: server }), near.wait(set, { a: server }));
    near.kernel.shutdown(server, Shutdown.READ);
    say('again', near.wait(set, { a: server }), near.wait(set, { a: server }));
  }),

  probe('an edge of a reset', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const set = near.set();
    near.watch(set, server, WRITE, Mode.EDGE);
    near.wait(set, {});
    far.reset(client);
    settle();
    say('reset', near.wait(set, { a: server }), near.wait(set, { a: server }));
    say('recv', near.recv(server), near.wait(set, { a: server }));
  }),

  probe('edges of a listener', (world) => {
    const { near, far, settle, say } = world;
    const { listener, address } = near.listen();
    const set = near.set();
    near.watch(set, listener, READ, Mode.EDGE);
    for (const count of [1, 2]) {
      for (let at = 0; at < count; at++) far.dial(address);
      settle();
      say(`${count}`, near.wait(set, { a: listener }), near.wait(set, { a: listener }));
    }
    say('accept', near.accept(listener), near.wait(set, { a: listener }));
    near.watch(set, listener, READ, Mode.EDGE);
    say('again', near.wait(set, { a: listener }));
  }),

  probe('a one-shot', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const set = near.set();
    near.watch(set, server, READ, Mode.ONE_SHOT);
    far.send(client, 'a');
    settle();
    say('first', near.wait(set, { a: server }));
    far.send(client, 'b');
    settle();
    say('silent', near.wait(set, { a: server }));
    near.watch(set, server, READ, Mode.ONE_SHOT);
    say('again', near.wait(set, { a: server }), near.wait(set, { a: server }));
    far.reset(client);
    settle();
    say('reset', near.wait(set, { a: server }));
    near.watch(set, server, READ, Mode.LEVEL);
    say('level', near.wait(set, { a: server }), near.wait(set, { a: server }));
  }),

  probe('two watches of one socket', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const second = near.kernel.dup(server);
    const set = near.set();
    near.watch(set, server, READ);
    near.watch(set, second, READ);
    far.send(client, 'x');
    settle();
    say('both', near.wait(set, { first: server, second }));
    near.recv(server);
    say('read', near.wait(set, { first: server, second }));
    near.watch(set, server, READ, Mode.EDGE);
    far.send(client, 'y');
    settle();
    say('one edge', near.wait(set, { first: server, second }));
    say('then', near.wait(set, { first: server, second }));
  }),

  probe('a closed handle of a socket that lives on', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const second = near.kernel.dup(server);
    const set = near.set();
    near.watch(set, server, READ);
    far.send(client, 'x');
    settle();
    near.kernel.close(server);
    say('closed', near.wait(set, { server, second }));
    near.watch(set, second, READ);
    say('second', near.wait(set, { server, second }));
  }),

  probe('one socket in two sets', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const [reads, edges] = [near.set(), near.set()];
    near.watch(reads, server, READ);
    near.watch(edges, server, READ, Mode.EDGE);
    far.send(client, 'x');
    settle();
    for (const set of [reads, edges, reads, edges]) say('set', near.wait(set, { a: server }));
    near.kernel.closeSet(reads);
    say('closed', near.wait(reads, {}), near.wait(edges, {}));
  }),

  probe('interests that are changed', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const set = near.set();
    far.send(client, 'x');
    settle();
    for (const interest of [WRITE, READ, READ_HANGUP, READ | WRITE | READ_HANGUP]) {
      near.watch(set, server, interest);
      say(`${interest}`, near.wait(set, { a: server }));
    }
    say(
      'none',
      near.watch(set, server, 0),
      near.watch(set, server, 4),
      near.watch(set, server, 32),
    );
    say('mode', near.watch(set, server, READ, 3 as Mode), near.wait(set, { a: server }));
    say('unwatch', name(near.kernel.unwatch(set, server)), near.wait(set, { a: server }));
    say('again', name(near.kernel.unwatch(set, server)));
  }),

  probe('errors and hang-ups that no one asked for', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const set = near.set();
    near.watch(set, server, READ_HANGUP);
    say('before', near.wait(set, { a: server }));
    far.reset(client);
    settle();
    say('reset', near.wait(set, { a: server }), near.poll(server, READ_HANGUP));
    near.error(server);
    say('taken', near.wait(set, { a: server }), near.poll(server, WRITE));
  }),

  probe('a peek, and what stays', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const set = near.set();
    near.watch(set, server, READ, Mode.EDGE);
    say('nothing', near.recv(server, 8, RECV_PEEK));
    far.send(client, 'abc');
    settle();
    say('peek', near.recv(server, 2, RECV_PEEK), near.recv(server, 8, RECV_PEEK));
    say('wait', near.wait(set, { a: server }), near.recv(server), near.recv(server));
    far.kernel.close(client);
    settle();
    say('end', near.recv(server, 8, RECV_PEEK), near.recv(server));
  }),

  probe('a wake, a wait and an event', (world) => {
    const { near, say } = world;
    const { server } = connectPair(world);
    const set = near.set();
    near.watch(set, server, WRITE, Mode.EDGE);
    near.kernel.wake();
    say('woken', near.wait(set, { a: server }), near.poll(server), near.wait(set, { a: server }));
    near.kernel.consumeWake();
    say('after', near.wait(set, { a: server }), near.wait(set, { a: server }));
  }),
];

// Buffers: how much is taken, when there is room again, and calls of nothing.

import { Mode, Readiness, SocketOption } from '../../../host/kernel/kernel.ts';
import { connectPair, name, type Probe, probe, type ProbeWorld } from '../probe.ts';

const { READ, WRITE } = Readiness;
const SEND_BUFFER_BYTES = 262_144;

/** A connection whose server has a send buffer that does not grow. */
function sizedPair(world: ProbeWorld): { server: number; client: number } {
  const pair = connectPair(world);
  world.near.kernel.setOption(pair.server, SocketOption.SEND_BUFFER, SEND_BUFFER_BYTES);
  return pair;
}

export const BUFFERS: readonly Probe[] = [
  probe('a full socket', (world) => {
    const { near, settle, say } = world;
    const { server } = sizedPair(world);
    say('fills', near.fill(server, settle) < Infinity);
    say('full', near.send(server, 'x'), near.poll(server), near.poll(server, WRITE));
    say('nothing', near.send(server, ''));
  }),

  probe('a send that is cut', (world) => {
    const { near, settle, say } = world;
    const { server } = sizedPair(world);
    const pieceBytes = 1 << 20;
    const taken = near.kernel.send(server, 0, pieceBytes);
    say('part', taken > 0 && taken < pieceBytes);
    settle();
    near.fill(server, settle);
    say('full', near.send(server, 'x'));
  }),

  probe('one free byte', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = sizedPair(world);
    const sentBytes = near.fill(server, settle);
    say('one byte', far.drain(client, 1), near.poll(server, WRITE));
    settle();
    say('settled', near.poll(server, WRITE));
    let readBytes = 1;
    while (readBytes < sentBytes && near.poll(server, WRITE) === '-') {
      readBytes += far.drain(client, 4096);
      settle();
    }
    say('writable', near.poll(server, WRITE), readBytes > 4096, readBytes < sentBytes);
    say('takes much', near.fill(server, settle) > sentBytes / 16);
  }),

  probe('every byte in order', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = sizedPair(world);
    for (let at = 0; at < near.memory.length; at++) near.memory[at] = (at * 31) % 251;
    let sentBytes = 0;
    let isSame = true;
    let readBytes = 0;
    for (let round = 0; round < 200 && readBytes < 3_000_000; round++) {
      const offset = sentBytes % 251;
      const taken = near.kernel.send(server, offset, 700_000);
      if (taken > 0) sentBytes += taken;
      settle();
      const count = far.kernel.recv(client, 0, 300_000, 0);
      for (let at = 0; at < count; at++) {
        if (far.memory[at] !== (((readBytes + at) % 251) * 31) % 251) isSame = false;
      }
      if (count > 0) readBytes += count;
    }
    say('same', isSame, readBytes >= 3_000_000);
  }),

  probe('edges of a full socket', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = sizedPair(world);
    const set = near.set();
    near.watch(set, server, WRITE, Mode.EDGE);
    say('first', near.wait(set, { a: server }));
    near.send(server, 'a little');
    settle();
    say('acknowledged', near.wait(set, { a: server }));
    far.drain(client, 64);
    const sentBytes = near.fill(server, settle);
    say('full', near.wait(set, { a: server }));
    let event = '-';
    for (let readBytes = 0; event === '-' && readBytes < sentBytes;) {
      readBytes += far.drain(client, 16_384);
      settle();
      event = near.wait(set, { a: server });
    }
    say('room', event, near.wait(set, { a: server }));
  }),

  probe('a full socket and the peer’s reset', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = sizedPair(world);
    near.fill(server, settle);
    far.reset(client);
    settle();
    say('poll', near.poll(server));
    say('send', near.send(server, 'x'), near.send(server, 'x'));
  }),

  probe('a full socket and data for it', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = sizedPair(world);
    near.fill(server, settle);
    far.send(client, 'still heard');
    settle();
    say('poll', near.poll(server), near.recv(server));
  }),

  probe('the end comes after what was sent', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = sizedPair(world);
    const sentBytes = near.fill(server, settle);
    near.kernel.close(server);
    settle();
    let readBytes = 0;
    for (let round = 0; round < 10_000 && readBytes < sentBytes; round++) {
      readBytes += far.drain(client, 1 << 20);
      settle();
    }
    say('all', readBytes === sentBytes, far.recv(client), far.recv(client));
  }),

  probe('calls of nothing', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    say('no data', near.recv(server, 0), near.send(server, ''));
    far.send(client, 'abc');
    settle();
    say('data', near.recv(server, 0), near.recv(server));
    far.reset(client);
    settle();
    say('reset', near.recv(server, 0), near.send(server, ''));
  }),

  probe('a send of nothing after a reset', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.reset(client);
    settle();
    say('reset', near.send(server, ''), near.send(server, ''), near.recv(server, 0));
  }),

  probe('pieces', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    const { vectors } = near.kernel;
    for (let at = 0; at < 1024; at++) vectors.set([at, 1], 2 * at);
    say('count', name(near.kernel.sendVectors(server, 1025)));
    say('most', name(near.kernel.sendVectors(server, 1024)));
    say(
      'none',
      name(near.kernel.sendVectors(server, 0)),
      name(near.kernel.recvVectors(server, 0, 0)),
    );
    settle();
    say('came', far.drain(client, 4096));
    far.send(client, 'abcdef');
    settle();
    vectors.set([10, 2, 20, 0, 30, 9]);
    say('filled', name(near.kernel.recvVectors(server, 3, 0)));
    say('pieces', near.memory.toString('latin1', 10, 12), near.memory.toString('latin1', 30, 34));
    vectors.set([0, 4, 1 << 20, 1]);
    say(
      'outside',
      name(near.kernel.sendVectors(server, 2)),
      name(near.kernel.recvVectors(server, 2, 0)),
    );
  }),

  probe('what is sent in pieces is one stream', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    for (const piece of ['ab', 'c', 'def']) far.send(client, piece);
    settle();
    say('recv', near.recv(server, 4), near.recv(server, 4), near.recv(server, 4));
    say('poll', near.poll(server, READ));
  }),
];

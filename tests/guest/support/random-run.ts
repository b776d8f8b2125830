// An echo of random bytes under short reads, short writes, refusals and full buffers: what comes
// back is what was sent, each byte turned, none lost and none twice.

import * as assert from 'uvu/assert';
import { Errno } from '../../../host/base/errno.ts';
import { Random } from '../../e2e/support/random.ts';
import type { FakeSocket } from './fake-socket.ts';
import { connect, rot13Byte, startServer } from './guest.ts';

/** Low enough for every demux. */
const FDS_FROM = 900;

/**
 * One guest, some connections, much bad luck; tells in how many a ring had wrapped.
 *
 * @param bytes a module of rot13-echo, on whatever demux.
 */
export function runRandom(seed: number, bytes?: Uint8Array): number {
  const random = new Random(seed, 0);
  const { guest, listener } = startServer(['--ring-bytes', String(16 << random.below(6))], bytes);
  const peers = Array.from({ length: 1 + random.below(6) }, (_, i) => ({
    socket: connect(listener, FDS_FROM + i),
    expected: [] as number[],
    received: [] as number[],
  }));
  for (let step = 0; step < 200; step++) {
    const peer = peers[random.below(peers.length)];
    if (peer === undefined) throw new Error('no peer');
    disturb(peer.socket, peer.expected, random);
    guest.turn(0);
    peer.received.push(...peer.socket.takeReceived());
  }
  for (const { socket } of peers) {
    socket.isSpuriouslyReadable = false;
    socket.sendRoomBytes = Infinity;
    socket.sendBytesMax = Infinity;
    socket.peerFinishes();
  }
  guest.settle();
  for (const { socket, expected, received } of peers) {
    received.push(...socket.takeReceived());
    assert.equal(received, expected, `seed ${seed}`);
    assert.ok(socket.isClosed);
  }
  return peers.filter(({ socket }) => socket.sawTwoPieces).length;
}

/** Does one thing to a connection; `expected` grows by what must come back. */
function disturb(socket: FakeSocket, expected: number[], random: Random): void {
  const bytes = Uint8Array.from({ length: random.magnitude(200) }, () => random.below(256));
  const deeds = [
    () => {
      socket.peerSends(bytes);
      expected.push(...bytes.map(rot13Byte));
    },
    () => socket.peerCauses(random.chance(0.5) ? Errno.AGAIN : Errno.INTR),
    () => socket.sendErrors.push(random.chance(0.5) ? Errno.AGAIN : Errno.INTR),
    () => (socket.sendRoomBytes = random.magnitude(100) - 1),
    () => (socket.sendBytesMax = random.magnitude(50)),
    () => (socket.isSpuriouslyReadable = random.chance(0.5)),
  ];
  deeds[random.chance(0.5) ? 0 : random.below(deeds.length)]?.();
}

// What the load client sends, and what must come back: every byte is a function of the connection
// and of its position in the stream, so that none can be lost, doubled, moved or taken from another
// connection unseen, and no connection has to remember what it sent.
//
//   period     [ ............ 1,048,573 random bytes ............ | the first 64 KiB again ]
//   connection 0 starts at 0, connection 1 at 7,919, connection 2 at 15,838 ...

import { assert } from '../../../host/base/assert.ts';
import { Random } from './random.ts';

/** A prime just below 1 MiB: a stream of 1 MiB hardly repeats itself. */
const PERIOD_BYTES = 1_048_573;
const CONNECTION_STRIDE_BYTES = 7_919;

/** The longest piece that can be looked at at once. */
export const PIECE_BYTES_MAX = 65_536;

/** What a server answers: the rot13 of what it was sent, or just that. */
export type Answer = 'rot13' | 'same';

/** The streams of all connections of one run. */
export class StreamContent {
  readonly #sent: Buffer;
  readonly #answered: Buffer;

  constructor(seed: number, answer: Answer) {
    const random = new Random(seed, 0);
    const sent = Buffer.allocUnsafe(PERIOD_BYTES + PIECE_BYTES_MAX);
    for (let index = 0; index < PERIOD_BYTES; index += 1) sent[index] = random.next();
    sent.copy(sent, PERIOD_BYTES, 0, PIECE_BYTES_MAX);
    this.#sent = sent;
    this.#answered = answer === 'same' ? sent : Buffer.from(sent.map(rot13));
  }

  /** What `connection` sends at `offset`. A view of shared memory: not to be written to. */
  piece(connection: number, offset: number, sizeBytes: number): Buffer {
    assert(sizeBytes <= PIECE_BYTES_MAX, 'a piece is longer than the content repeats');
    const start = position(connection, offset);
    return this.#sent.subarray(start, start + sizeBytes);
  }

  /** The index of the first byte of `received` that is not the answer at `offset`; -1 if none. */
  firstWrong(connection: number, offset: number, received: Buffer): number {
    assert(received.length <= PIECE_BYTES_MAX, 'a piece is longer than the content repeats');
    const start = position(connection, offset);
    const expected = this.#answered.subarray(start, start + received.length);
    if (expected.equals(received)) return -1;
    return received.findIndex((byte, index) => byte !== expected[index]);
  }

  /** The one byte that is the answer at `offset`. */
  answerAt(connection: number, offset: number): number {
    return this.#answered[position(connection, offset)] ?? -1;
  }
}

function position(connection: number, offset: number): number {
  return (connection * CONNECTION_STRIDE_BYTES + offset) % PERIOD_BYTES;
}

function rot13(byte: number): number {
  const upper = byte & 0xdf;
  if (upper < 0x41 || upper > 0x5a) return byte;
  return upper < 0x4e ? byte + 13 : byte - 13;
}

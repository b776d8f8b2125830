// What the course's servers answer, as plain functions over what they were sent. An answer has the
// length of what it answers.

/** The size of a ring, where --ring-bytes does not say otherwise. */
export const RING_BYTES = 65_536;

export interface ServerModel {
  /** `build/NAME.wasm`. */
  readonly guest: string;
  /** tests/course/native/NAME.c, which does the same. */
  readonly native: string;
  /** The answer to all of `sent`. */
  answer(sent: Uint8Array): Buffer;
  /** Whether an answer waits for the end of its line. Else it comes as its bytes arrive. */
  readonly isByLine: boolean;
}

/** Guest and native program differ in how they wait, and in nothing else. */
export const ROT13_ECHO: ServerModel = {
  guest: 'rot13-echo',
  native: 'epoll-rot13',
  answer: rot13,
  isByLine: false,
};

/** How far the answer goes when a server has been sent so much and waits for more. */
export interface Extent {
  /** It goes at least so far. */
  readonly leastBytes: number;
  /** It goes no further. */
  readonly mostBytes: number;
}

/**
 * Follows what one connection sends. A line that is shorter than the ring is answered when it is
 * complete. Of a longer one, fewer bytes are kept back than the ring has.
 */
export class Expectation {
  readonly #isByLine: boolean;
  readonly #ringBytes: number;
  #sentBytes = 0;
  /** Where the line begins that is not complete. */
  #lineAt = 0;
  #hasFinished = false;

  constructor(model: ServerModel, ringBytes = RING_BYTES) {
    this.#isByLine = model.isByLine;
    this.#ringBytes = ringBytes;
  }

  send(bytes: Uint8Array): void {
    const lineFeed = bytes.lastIndexOf(0x0a);
    if (lineFeed >= 0) this.#lineAt = this.#sentBytes + lineFeed + 1;
    this.#sentBytes += bytes.length;
  }

  finish(): void {
    this.#hasFinished = true;
  }

  get extent(): Extent {
    const sentBytes = this.#sentBytes;
    if (!this.#isByLine || this.#hasFinished)
      return { leastBytes: sentBytes, mostBytes: sentBytes };
    const isLong = sentBytes - this.#lineAt >= this.#ringBytes;
    if (!isLong) return { leastBytes: this.#lineAt, mostBytes: this.#lineAt };
    return { leastBytes: sentBytes - this.#ringBytes + 1, mostBytes: sentBytes };
  }
}

function rot13(sent: Uint8Array): Buffer {
  return Buffer.from(sent.map(rot13Byte));
}

function rot13Byte(byte: number): number {
  const isLower = byte >= 0x61 && byte <= 0x7a;
  const isUpper = byte >= 0x41 && byte <= 0x5a;
  if (!isLower && !isUpper) return byte;
  const first = isLower ? 0x61 : 0x41;
  return ((byte - first + 13) % 26) + first;
}

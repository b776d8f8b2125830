// What the course's servers answer, as plain functions over what they were sent. An answer has the
// length of what it answers.

import type { Answer } from '../../e2e/support/stream-content.ts';

/** The size of a ring, where --ring-bytes does not say otherwise. */
export const RING_BYTES = 65_536;

export interface ServerModel {
  /** `build/NAME.wasm`. */
  readonly guest: string;
  /** tests/course/native/NAME.c, which does the same. */
  readonly native: string;
  /** The bytes as they came, or their letters turned by 13 places. */
  readonly answers: Answer;
  /** Whether an answer waits for the end of its line. Else it comes as its bytes arrive. */
  readonly isByLine: boolean;
}

export const POLL_ECHO: ServerModel = {
  guest: 'poll-echo',
  native: 'poll-echo',
  answers: 'same',
  isByLine: false,
};

export const SELECT_ROT13: ServerModel = {
  guest: 'select-rot13',
  native: 'select-rot13',
  answers: 'rot13',
  isByLine: true,
};

export const EPOLL_ROT13: ServerModel = {
  guest: 'epoll-rot13',
  native: 'epoll-rot13',
  answers: 'rot13',
  isByLine: false,
};

export const EARLY_EPOLL: ServerModel = { ...EPOLL_ROT13, guest: 'early-epoll' };

/** Guest and native program differ in how they wait, and in nothing else. */
export const ROT13_ECHO: ServerModel = {
  guest: 'rot13-echo',
  native: 'epoll-rot13',
  answers: 'rot13',
  isByLine: false,
};

/** What a server answers to all of `sent`. */
export function answerTo(sent: Uint8Array, { answers }: ServerModel): Buffer {
  return Buffer.from(answers === 'rot13' ? sent.map(rot13) : sent);
}

/**
 * Follows what one connection sends and gets. When a line is complete, what has come goes out, and
 * with it what has come of the next line, as much as that may be. So what is sent when there is
 * nothing left to answer is kept back for certain, up to the end of its line; but of a line that does
 * not fit the ring, fewer bytes are kept back than the ring has.
 */
export class Expectation {
  readonly #isByLine: boolean;
  readonly #ringBytes: number;
  #sentBytes = 0;
  /** Where the line begins that is not complete. */
  #lineAt = 0;
  /** From where on all is kept back; undefined when a part may have gone out with a line. */
  #keptAt: number | undefined = 0;
  #hasFinished = false;

  constructor(model: ServerModel, ringBytes = RING_BYTES) {
    this.#isByLine = model.isByLine;
    this.#ringBytes = ringBytes;
  }

  /** @param answeredBytes how much has been answered when they are sent. */
  send(bytes: Uint8Array, answeredBytes: number): void {
    if (answeredBytes === this.#sentBytes) this.#keptAt = this.#sentBytes;
    const lineFeed = bytes.lastIndexOf(0x0a);
    if (lineFeed >= 0) {
      this.#lineAt = this.#sentBytes + lineFeed + 1;
      this.#keptAt = undefined;
    }
    this.#sentBytes += bytes.length;
  }

  finish(): void {
    this.#hasFinished = true;
  }

  /** The answer goes at least so far, without anything more being sent. */
  get leastBytes(): number {
    if (!this.#isByLine || this.#hasFinished) return this.#sentBytes;
    return Math.max(this.#lineAt, this.#sentBytes - this.#ringBytes + 1);
  }

  /** It goes no further. */
  get mostBytes(): number {
    const keptAt = this.#keptAt ?? this.#sentBytes;
    const isKept = this.#isByLine && !this.#hasFinished;
    return isKept && this.#sentBytes - keptAt < this.#ringBytes ? keptAt : this.#sentBytes;
  }
}

function rot13(byte: number): number {
  const isLower = byte >= 0x61 && byte <= 0x7a;
  const isUpper = byte >= 0x41 && byte <= 0x5a;
  if (!isLower && !isUpper) return byte;
  const first = isLower ? 0x61 : 0x41;
  return ((byte - first + 13) % 26) + first;
}

// Randomness with a seed: the same seed gives the same numbers on every machine, for ever. Not fit
// for keys. Each purpose has a stream of its own (`fork`), so that a new purpose does not change
// what the others draw, and old seeds keep their meaning.
//
// Source: sfc32, Chris Doty-Humphrey, PractRand.

/** A stream of random numbers. */
export class Prng {
  readonly #seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any whole number; its low 32 bits count. */
  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#a = 0x9e37_79b9;
    this.#b = 0x243f_6a88;
    this.#c = this.#seed;
    // The first dozen numbers of seeds that lie close together are alike.
    for (let round = 0; round < 15; round++) this.uint32();
  }

  /** A stream of its own for `purpose`: the same whatever this stream has drawn so far. */
  fork(purpose: string): Prng {
    let hash = 0x811c_9dc5 ^ this.#seed;
    for (let at = 0; at < purpose.length; at++) {
      hash = Math.imul(hash ^ purpose.charCodeAt(at), 0x0100_0193);
    }
    return new Prng(hash);
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result;
    return result >>> 0;
  }

  /** A number from 0 up to, not including, 1. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** One of `items`, which are not none. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.between(0, items.length - 1)] as Item;
  }

  /** Fills `bytes`. */
  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4) {
      const word = this.uint32();
      bytes[at] = word;
      if (at + 1 < bytes.length) bytes[at + 1] = word >>> 8;
      if (at + 2 < bytes.length) bytes[at + 2] = word >>> 16;
      if (at + 3 < bytes.length) bytes[at + 3] = word >>> 24;
    }
  }
}

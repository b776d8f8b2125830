// Seeded random numbers for the load client: the same seed makes the same load.

/** Numbers that look random and repeat with the seed. Not for secrets. Source: splitmix32. */
export class Random {
  #state: number;

  /** @param seed any two integers: a run's seed, and which of its streams this one is. */
  constructor(seed: number, stream: number) {
    this.#state = Math.imul(seed, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35);
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** A whole number, `0 <= number < end`. */
  below(end: number): number {
    return Math.floor((this.next() / 2 ** 32) * end);
  }

  /** True in `share` of the cases; 0 never, 1 always. */
  chance(share: number): boolean {
    return this.next() < share * 2 ** 32;
  }

  /** From 1 to `max`, every order of magnitude equally often. */
  magnitude(max: number): number {
    return Math.floor((max + 1) ** (this.next() / 2 ** 32));
  }
}

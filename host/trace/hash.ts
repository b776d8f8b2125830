// Hashes bytes where they lie, in a WebAssembly memory. The hash is that of docs/record-format.md: it
// finds damage and difference, and is no protection against an adversary.

import { PolluxError } from '../base/pollux-error.ts';
import { hashModule } from './hash-code.ts';

/** @returns 32 bits, signed */
export type Hash = (pointer: number, lengthBytes: number, seed: number) => number;
type Copy = (to: number, from: number, lengthBytes: number) => void;

const modules = new Map<boolean, WebAssembly.Module>();

/** A hash over one memory. It makes no allocation. */
export class Hasher {
  readonly #memory: WebAssembly.Memory;
  /** {@link hash} with its sign, and no function between: for who asks for it in each call. */
  readonly hashSigned: Hash;
  readonly #copy: Copy;

  /** @throws PolluxError `CANNOT_RECORD` for a memory of 64-bit addresses. */
  constructor(memory: WebAssembly.Memory) {
    const isShared = !(memory.buffer instanceof ArrayBuffer);
    let module = modules.get(isShared);
    if (module === undefined) {
      module = new WebAssembly.Module(hashModule(isShared));
      modules.set(isShared, module);
    }
    this.#memory = memory;
    try {
      const instance = new WebAssembly.Instance(module, { memory: { memory } });
      this.hashSigned = instance.exports['hash'] as Hash;
      this.#copy = instance.exports['copy'] as Copy;
    } catch (error) {
      const { message } = error as Error;
      throw new PolluxError('CANNOT_RECORD', `the guest's memory can not be hashed: ${message}`, {
        cause: error,
      });
    }
  }

  /** Of bytes that lie in the memory. @returns 32 bits, unsigned */
  hash(pointer: number, lengthBytes: number, seed = 0): number {
    return this.hashSigned(pointer, lengthBytes, seed) >>> 0;
  }

  /** From one place in the memory to another; quick also where the memory is shared. */
  copy(to: number, from: number, lengthBytes: number): void {
    this.#copy(to, from, lengthBytes);
  }

  /** Of all of the memory. @returns 16 hexadecimal digits */
  hashMemory(): string {
    return [0, 1].map((seed) => hex(this.#hashAll(seed))).join('');
  }

  /** A memory of 4 GiB is longer than a length of 32 bits can say: its halves are chained. */
  #hashAll(seed: number): number {
    const { byteLength } = this.#memory.buffer;
    if (byteLength < 2 ** 32) return this.hash(0, byteLength, seed);
    const half = 2 ** 31;
    return this.hash(half, half, this.hash(0, half, seed));
  }
}

/** Hashes `bytes` that lie in no memory, by way of one. */
export class BytesHasher {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #hasher = new Hasher(this.#memory);

  hash(bytes: Uint8Array, seed = 0): number {
    const missing = bytes.length - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(this.#memory.buffer).set(bytes);
    return this.#hasher.hash(0, bytes.length, seed);
  }
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}

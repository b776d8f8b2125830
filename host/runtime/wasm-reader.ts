// Reads the binary format of a module, piece by piece. The engine has validated the bytes before,
// so that nothing here meets a malformed module.
//
// Source: WebAssembly core specification, 5.2 (values), 5.3 (types).

/** How large a memory (in pages of 64 KiB) or a table (in elements) is and may become. */
export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
  /** Bit 0: there is a maximum. Bit 1: shared. Bit 2: 64-bit. */
  readonly flags: number;
}

/** The bit of {@link Limits.flags} that says that threads share the memory. */
export const IS_SHARED = 2;

const VALUE_TYPES: Readonly<Record<number, string>> = {
  0x7f: 'i32',
  0x7e: 'i64',
  0x7d: 'f32',
  0x7c: 'f64',
  0x7b: 'v128',
  0x70: 'funcref',
  0x6f: 'externref',
};

/** Walks over bytes that are known to be well formed. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  /** LEB128, unsigned. Limits of a 64-bit memory fit a double. */
  u32(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  section(): Reader {
    const lengthBytes = this.u32();
    const start = this.#at;
    this.#at += lengthBytes;
    return new Reader(this.#bytes.subarray(start, start + lengthBytes), 0);
  }

  name(): string {
    const lengthBytes = this.u32();
    const text = this.#bytes.subarray(this.#at, this.#at + lengthBytes);
    this.#at += lengthBytes;
    return new TextDecoder().decode(text);
  }

  valueTypes(): string {
    const names: string[] = [];
    for (let count = this.u32(); count > 0; count--) names.push(VALUE_TYPES[this.byte()] ?? '?');
    return names.join(',');
  }

  limits(): Limits {
    const flags = this.byte();
    const minimum = this.u32();
    const maximum = (flags & 1) !== 0 ? this.u32() : undefined;
    return { minimum, maximum, flags };
  }
}

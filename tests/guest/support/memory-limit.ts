// Gives a module less memory, in its bytes: a page to begin with, and a maximum.

import * as assert from 'uvu/assert';

const MEMORY_SECTION = 5;
const HEADER_BYTES = 8;

/** The module with at most `pages`, below 128. It must have one memory without a maximum. */
export function withMemoryLimit(module: Uint8Array, pages: number): Uint8Array {
  assert.ok(pages < 128);
  for (let at = HEADER_BYTES; at < module.length;) {
    const { value: bodyBytes, end } = unsignedAt(module, at + 1);
    if (module[at] === MEMORY_SECTION) {
      const [count, flags] = module.subarray(end);
      assert.equal([count, flags, bodyBytes], [1, 0, 3]);
      const limited = [MEMORY_SECTION, 4, 1, 1, 1, pages];
      return Uint8Array.from([...module.subarray(0, at), ...limited, ...module.subarray(end + 3)]);
    }
    at = end + bodyBytes;
  }
  throw new Error('the module has no memory of its own');
}

/** A number in LEB128, and where it ends. */
function unsignedAt(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return { value, end: at };
  }
}

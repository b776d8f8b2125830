// Takes a recording's file apart by the numbers of docs/record-format.md, and makes its hashes good.

import { referenceHash } from './reference-hash.ts';

/** Before the bytes of each block. */
export const HEADER_BYTES = 24;

/** Where each block begins, its header included. */
export function blockOffsets(
  file: Uint8Array,
): { at: number; kind: number; lengthBytes: number }[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const blocks = [];
  for (let at = 8; at < file.length;) {
    const lengthBytes = view.getUint32(at + 4, true);
    blocks.push({ at, kind: view.getUint32(at, true), lengthBytes });
    at += HEADER_BYTES + lengthBytes;
  }
  return blocks;
}

/** A file whose bytes were changed, with hashes as if it had been written so. */
export function withGoodHashes(file: Uint8Array): Uint8Array {
  const result = file.slice();
  const view = new DataView(result.buffer);
  for (const { at, lengthBytes } of blockOffsets(result)) {
    const content = result.subarray(at + HEADER_BYTES, at + HEADER_BYTES + lengthBytes);
    view.setUint32(at + 16, referenceHash(content), true);
    view.setUint32(at + 20, referenceHash(result.subarray(at, at + 20)), true);
  }
  return result;
}

// Puts blocks of a recording behind one another, each with its header: what a file consists of. It
// writes nothing itself; what it makes goes to who has a file.

import { BlockHeader, BlockKind, FILE_HEADER_BYTES, type Head, MAGIC, VERSION } from './format.ts';
import { BytesHasher } from './hash.ts';

/** Of the head or the module in one block; a module may be many of these. */
const BLOCK_BYTES_MAX = 256 * 1024;

/** Makes the headers of one file, in the order of its blocks. */
export class BlockFramer {
  readonly #hasher = new BytesHasher();
  readonly #offsets = new Map<BlockKind, number>();

  /**
   * @param hash of the block's bytes.
   * @returns what goes before them.
   */
  header(kind: BlockKind, lengthBytes: number, hash: number): Uint8Array {
    const header = new Uint8Array(BlockHeader.BYTES);
    const view = new DataView(header.buffer);
    const offset = this.#offsets.get(kind) ?? 0;
    view.setUint32(BlockHeader.KIND, kind, true);
    view.setUint32(BlockHeader.LENGTH, lengthBytes, true);
    view.setBigUint64(BlockHeader.OFFSET, BigInt(offset), true);
    view.setUint32(BlockHeader.BYTES_HASH, hash, true);
    const checked = header.subarray(0, BlockHeader.HEADER_HASH);
    view.setUint32(BlockHeader.HEADER_HASH, this.#hasher.hash(checked), true);
    this.#offsets.set(kind, offset + lengthBytes);
    return header;
  }

  /** Blocks of bytes that are at hand, with their headers. */
  *blocks(kind: BlockKind, bytes: Uint8Array): Generator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += BLOCK_BYTES_MAX) {
      const piece = bytes.subarray(from, from + BLOCK_BYTES_MAX);
      yield this.header(kind, piece.length, this.#hasher.hash(piece));
      yield piece;
    }
  }

  /** What a file begins with: magic, version, the head and the module. */
  *beginning(head: Head, module: Uint8Array | undefined): Generator<Uint8Array> {
    const start = new Uint8Array(FILE_HEADER_BYTES);
    start.set(new TextEncoder().encode(MAGIC));
    new DataView(start.buffer).setUint16(MAGIC.length, VERSION, true);
    yield start;
    yield* this.blocks(BlockKind.HEAD, new TextEncoder().encode(JSON.stringify(head)));
    if (module !== undefined) yield* this.blocks(BlockKind.MODULE, module);
  }
}

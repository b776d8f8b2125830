// Opens a recording: checks every block, and gives its head, its module and its records. The bytes may
// lie in memory or be read piece by piece from wherever the caller has them.

import { PolluxError } from '../base/pollux-error.ts';
import { sha256 } from '../base/sha256.ts';
import { BlockHeader, BlockKind, FILE_HEADER_BYTES, type Head, MAGIC, VERSION } from './format.ts';
import { EntryReader } from './entry-reader.ts';
import { BytesHasher } from './hash.ts';
import { IMPORT_TABLES, type ImportTables } from '../wasi/import-tables.ts';
import { findSignature } from './signature-table.ts';
import type { Signature } from '../wasi/signature.ts';

/** A recording's bytes, wherever they are. */
export interface RecordingBytes {
  /** For messages. */
  readonly name: string;
  readonly lengthBytes: number;
  /** @returns the bytes from `offset` on, `lengthBytes` of them; fewer only beyond the end. */
  read(offset: number, lengthBytes: number): Uint8Array;
}

/** Where the bytes of a block lie. */
export interface BlockPlace {
  readonly kind: BlockKind;
  readonly offset: number;
  readonly lengthBytes: number;
}

export class Recording {
  readonly name: string;
  readonly head: Head;
  /** The imports, by their number in the records. */
  readonly functions: readonly (Signature & { readonly module: string })[];
  /** True when the file ends within a block: who wrote it was killed. */
  readonly isCut: boolean;
  readonly #bytes: RecordingBytes;
  readonly #blocks: readonly BlockPlace[];

  constructor(bytes: RecordingBytes, table: ImportTables) {
    this.name = bytes.name;
    this.#bytes = bytes;
    checkStart(bytes);
    const { blocks, isCut } = findBlocks(bytes);
    this.#blocks = blocks;
    this.isCut = isCut;
    this.head = readHead(bytes, blocks[0]);
    this.functions = this.head.functions.map((name) => {
      const dot = name.lastIndexOf('.');
      const module = name.slice(0, dot);
      const signature = findSignature(table, module, name.slice(dot + 1));
      if (signature !== undefined) return { ...signature, module };
      throw refused(bytes, `has calls of ${name}, which has no signature here`);
    });
  }

  /** The module's bytes as they were given; undefined when the file only names it. */
  module(): Uint8Array | undefined {
    const blocks = this.#blocks.filter(({ kind }) => kind === BlockKind.MODULE);
    const wanted = this.head.module;
    if (blocks.length === 0) return undefined;
    const bytes = new Uint8Array(blocks.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0));
    let at = 0;
    for (const { offset, lengthBytes } of blocks) {
      bytes.set(this.#bytes.read(offset, lengthBytes), at);
      at += lengthBytes;
    }
    if (wanted !== undefined && sha256(bytes) === wanted.sha256) return bytes;
    throw refused(this.#bytes, 'was cut off within the module: nothing had been recorded yet');
  }

  /** The records, from the first on. May be asked for as often as wanted. */
  entries(): EntryReader {
    const blocks = this.#blocks.filter(({ kind }) => kind === BlockKind.RECORDS);
    return new EntryReader(this.#bytes, blocks, this.functions);
  }
}

/**
 * Opens a recording.
 *
 * @param source its bytes.
 * @param signatures of the functions in it, by module. By default those of preview1.
 * @throws PolluxError `RECORDING_REFUSED` when it is no recording, of another version, or damaged: the
 *   message says at which offset.
 */
export function openRecording(
  source: Uint8Array | RecordingBytes,
  signatures: ImportTables = IMPORT_TABLES,
): Recording {
  const bytes = source instanceof Uint8Array ? inMemory(source) : source;
  return new Recording(bytes, signatures);
}

function inMemory(bytes: Uint8Array): RecordingBytes {
  return {
    name: 'the recording',
    lengthBytes: bytes.length,
    read: (offset, lengthBytes) => bytes.subarray(offset, offset + lengthBytes),
  };
}

function checkStart(bytes: RecordingBytes): void {
  const start = bytes.read(0, FILE_HEADER_BYTES);
  const magic = new TextDecoder().decode(start.subarray(0, MAGIC.length));
  if (magic !== MAGIC) throw refused(bytes, 'is no recording of Pollux');
  if (start.length < FILE_HEADER_BYTES) throw refused(bytes, 'was cut off before its first block');
  const version = viewOf(start).getUint16(MAGIC.length, true);
  if (version > 0 && version <= VERSION) return;
  throw refused(bytes, `is of version ${version}, and this Pollux reads up to version ${VERSION}`);
}

function findBlocks(bytes: RecordingBytes): { blocks: BlockPlace[]; isCut: boolean } {
  const hasher = new BytesHasher();
  const blocks: BlockPlace[] = [];
  const before = new Map<number, number>();
  let at = FILE_HEADER_BYTES;
  while (at < bytes.lengthBytes) {
    const header = bytes.read(at, BlockHeader.BYTES);
    if (header.length < BlockHeader.BYTES) return { blocks, isCut: true };
    const view = viewOf(header);
    const checked = header.subarray(0, BlockHeader.HEADER_HASH);
    if (view.getUint32(BlockHeader.HEADER_HASH, true) !== hasher.hash(checked)) {
      throw damaged(bytes, at, 'the header of a block is not what was written');
    }
    const kind = view.getUint32(BlockHeader.KIND, true) as BlockKind;
    const lengthBytes = view.getUint32(BlockHeader.LENGTH, true);
    const offset = before.get(kind) ?? 0;
    if (view.getBigUint64(BlockHeader.OFFSET, true) !== BigInt(offset)) {
      throw damaged(bytes, at, 'a block before this one is missing');
    }
    const content = bytes.read(at + BlockHeader.BYTES, lengthBytes);
    blocks.push({ kind, offset: at + BlockHeader.BYTES, lengthBytes: content.length });
    if (content.length < lengthBytes) return { blocks, isCut: true };
    if (view.getUint32(BlockHeader.BYTES_HASH, true) !== hasher.hash(content)) {
      throw damaged(bytes, at, `the ${lengthBytes} bytes of a block are not what was written`);
    }
    before.set(kind, offset + lengthBytes);
    at += BlockHeader.BYTES + lengthBytes;
  }
  return { blocks, isCut: false };
}

function readHead(bytes: RecordingBytes, block: BlockPlace | undefined): Head {
  if (block?.kind !== BlockKind.HEAD) throw refused(bytes, 'was cut off before its head');
  const text = new TextDecoder().decode(bytes.read(block.offset, block.lengthBytes));
  try {
    const head = JSON.parse(text) as Partial<Head>;
    if (Array.isArray(head.functions)) return head as Head;
  } catch {
    // As below.
  }
  throw refused(bytes, 'was cut off within its head, or this is none');
}

function damaged(bytes: RecordingBytes, offset: number, what: string): PolluxError {
  return refused(bytes, `is damaged at offset ${offset}: ${what}`);
}

export function refused({ name }: { readonly name: string }, reason: string): PolluxError {
  return new PolluxError('RECORDING_REFUSED', `${name} ${reason}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

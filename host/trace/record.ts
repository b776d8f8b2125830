// Records into this program's own memory: for a test, a page, or whoever has no file.

import { sha256 } from '../base/sha256.ts';
import { BlockFramer } from './block-file.ts';
import { BlockKind, type Head } from './format.ts';
import { HeapBlocks } from './heap-blocks.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import type { ImportObject } from './signature-table.ts';

export interface RecordOptions extends RecorderOptions {
  /** The guest's module, which the recording then holds, so that it replays by itself. */
  readonly module?: Uint8Array;
  /** Of the module, for people. */
  readonly name?: string;
  /** What the module's memory is limited to, where it was; for the replay. */
  readonly memoryBytesMax?: number;
  /** Anything that people should find in the recording. */
  readonly about?: Readonly<Record<string, string>>;
}

/** A recording that is being made. */
export interface Recorded {
  /** For `WebAssembly.Instance`, in the place of those that were given. */
  readonly imports: Record<string, Record<string, unknown>>;

  /**
   * Tells the memory of the instance that was made with {@link imports}.
   *
   * @returns its exports, the functions recorded: call these.
   * @throws PolluxError `CANNOT_RECORD` when it has no memory of its own.
   */
  attach(instance: WebAssembly.Instance): Record<string, unknown>;

  /**
   * Ends the recording, with the memory as it is now.
   *
   * @returns the bytes of a recording file.
   * @throws what made it end before: something that can't be recorded happened.
   */
  finish(): Uint8Array;
}

/**
 * Wraps an import object, so that what its functions answer and write is kept.
 *
 * @throws PolluxError `CANNOT_RECORD` for a function without a signature.
 */
export function record(imports: ImportObject, options: RecordOptions = {}): Recorded {
  const blocks = new HeapBlocks();
  const recorder = new Recorder(imports, blocks, options);
  return {
    imports: recorder.imports,
    attach: (instance) => recorder.attach(instance),
    finish(): Uint8Array {
      if (recorder.failure !== undefined) throw recorder.failure;
      recorder.finish();
      const framer = new BlockFramer();
      const head = headOf(recorder.functionNames, options);
      const pieces = [...framer.beginning(head, options.module)];
      for (const piece of blocks.pieces()) {
        pieces.push(...framer.blocks(BlockKind.RECORDS, piece));
      }
      return joined(pieces);
    },
  };
}

/** What a file says of itself. */
export function headOf(
  functions: readonly string[],
  options: Pick<RecordOptions, 'module' | 'name' | 'memoryBytesMax' | 'about'>,
): Head {
  const { module, name = 'guest.wasm', memoryBytesMax, about } = options;
  return {
    functions,
    ...(module === undefined
      ? {}
      : { module: { name, sha256: sha256(module), lengthBytes: module.length } }),
    ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }),
    ...(about === undefined ? {} : { about }),
  };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

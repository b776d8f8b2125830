// The file of a recording: made by the main thread before the guest starts, filled by a thread of its
// own, so that neither the guest nor its supervisor ever waits for a disk.

import { closeSync, fchmodSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { PolluxError } from '../base/pollux-error.ts';
import { BlockFramer } from '../trace/block-file.ts';
import type { Head } from '../trace/format.ts';
import { createSharedBlocks, type SharedBlocks, wakeWriter } from '../trace/shared-blocks.ts';
import { useHugePages } from '../kernel/choose.ts';
import type { RecordingEnd } from './guest.ts';
import type { RecordThreadJob, RecordThreadMessage } from './record-thread.ts';
import { startThread } from './threads.ts';

/** How far the writer may fall behind: 256 MiB, used only then. */
const BLOCK_COUNT = 128;

/** Where less than a block is put together for the file. */
const STAGE_BYTES = 1024 * 1024;

/** Holds users' bytes. */
const FILE_MODE = 0o600;

export class RecordFile {
  readonly blocks: SharedBlocks;
  /** Resolves when nothing will be written any more: after {@link finish}, or a problem. */
  readonly ended: Promise<RecordingEnd>;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #worker: Worker;
  readonly #finish: Int32Array;
  #problem: string | undefined;

  /**
   * @param path must not exist.
   * @param module for the file to hold; one that is only named in the head is undefined.
   * @throws PolluxError `CANNOT_RECORD` when the file can't be made.
   */
  constructor(path: string, head: Head, module: Uint8Array | undefined) {
    this.#path = path;
    this.#descriptor = create(path);
    let lengthBytes = 0;
    const framer = new BlockFramer();
    try {
      for (const piece of framer.beginning(head, module)) {
        lengthBytes += writeAll(this.#descriptor, piece);
      }
      this.blocks = createSharedBlocks(BLOCK_COUNT, STAGE_BYTES);
      // Refused or not, it is written.
      useHugePages(new Uint8Array(this.blocks.memory.buffer));
    } catch (error) {
      closeSync(this.#descriptor);
      unlinkSync(path);
      throw cannotRecord(path, (error as Error).message, error);
    }
    this.#finish = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const job: RecordThreadJob = {
      blocks: this.blocks,
      descriptor: this.#descriptor,
      lengthBytes,
      finish: this.#finish,
    };
    this.#worker = startThread('record-thread', { workerData: job });
    this.ended = this.#end(lengthBytes);
  }

  /** The guest's thread is gone: writes what is left. @returns {@link ended} */
  finish(): Promise<RecordingEnd> {
    Atomics.store(this.#finish, 0, 1);
    wakeWriter(this.blocks.words);
    return this.ended;
  }

  /** Has {@link ended} tell of a problem that the guest's thread met. */
  fail(problem: string): void {
    this.#problem = problem;
  }

  /** Undoes the file of a guest that could not be started. */
  async discard(): Promise<void> {
    await this.finish();
    unlinkSync(this.#path);
  }

  #end(beginningBytes: number): Promise<RecordingEnd> {
    let message: RecordThreadMessage = { lengthBytes: beginningBytes, problem: undefined };
    this.#worker.on('message', (told: RecordThreadMessage) => {
      message = told;
    });
    this.#worker.once('error', (error) => {
      message = { ...message, problem: error.message };
    });
    return new Promise((resolve) => {
      this.#worker.once('exit', () => {
        closeSync(this.#descriptor);
        const { lengthBytes, problem } = message;
        resolve({
          path: this.#path,
          lengthBytes,
          problem: problem ?? this.#problem,
        });
      });
    });
  }
}

function create(path: string): number {
  try {
    const descriptor = openSync(path, 'wx+', FILE_MODE);
    // Whatever the umask takes away.
    fchmodSync(descriptor, FILE_MODE);
    return descriptor;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EEXIST'
        ? 'it exists, and a recording is never written over; remove it, or name another file'
        : code === 'ENOENT'
          ? 'the directory does not exist'
          : (code ?? String(error));
    throw cannotRecord(path, reason, error);
  }
}

/** @returns how many bytes there were. */
function writeAll(descriptor: number, bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  return bytes.length;
}

function cannotRecord(path: string, reason: string, cause: unknown): PolluxError {
  return new PolluxError('CANNOT_RECORD', `can not record to ${path}: ${reason}`, { cause });
}

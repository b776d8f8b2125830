// A pipe: sixteen pages between two ends. Source: fs/pipe.c of Linux 6.18; pipe(7).

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { FileType, Readiness } from '../kernel.ts';
import { ByteQueue } from './byte-queue.ts';
import { copyBytes } from './copy-bytes.ts';
import type { Rules } from './rules.ts';
import { StreamFile } from './stream-file.ts';

const PAGE_BYTES = 4096;
const PAGES_MAX = 16;

/** The most that a stream takes at once: what a pipe that is called writable has room for. */
export const STREAM_WRITE_BYTES_MAX = PAGE_BYTES;

/** What the two ends share. */
class PipeBuffer {
  readonly bytes = new ByteQueue();
  /** How many bytes each page in use holds, the oldest first. */
  readonly #pages: number[] = [];
  reader: PipeReader | undefined;
  writer: PipeWriter | undefined;

  get isFull(): boolean {
    return this.#pages.length >= PAGES_MAX;
  }

  /** Takes a piece of at most a page, joined to the last one where it fits behind it. */
  push(bytes: Uint8Array): void {
    const last = this.#pages.length - 1;
    const held = this.#pages[last] ?? PAGE_BYTES;
    if (held + bytes.length <= PAGE_BYTES) this.#pages[last] = held + bytes.length;
    else this.#pages.push(bytes.length);
    this.bytes.push(bytes);
  }

  /** @returns true when it was full and is no longer. */
  drop(count: number): boolean {
    const wasFull = this.isFull;
    let left = count;
    while (left > 0) {
      const held = this.#pages[0] as number;
      if (left < held) this.#pages[0] = held - left;
      else this.#pages.shift();
      left -= Math.min(left, held);
    }
    return wasFull && !this.isFull;
  }
}

export class PipeReader extends StreamFile {
  readonly fileType = FileType.UNKNOWN;
  override readonly isWritable = false;
  readonly #buffer: PipeBuffer;

  constructor(rules: Rules, buffer: PipeBuffer) {
    super(rules);
    this.#buffer = buffer;
    buffer.reader = this;
  }

  override read(target: Uint8Array, at: number, lengthBytes: number): SysResult {
    const buffer = this.#buffer;
    if (buffer.bytes.lengthBytes === 0) return buffer.writer === undefined ? 0 : -Errno.AGAIN;
    const count = buffer.bytes.read(target, at, lengthBytes);
    if (buffer.drop(count)) buffer.writer?.wake(Readiness.WRITE);
    return count;
  }

  override write(): SysResult {
    return -Errno.BADF;
  }

  override poll(): number {
    const data = this.#buffer.bytes.lengthBytes > 0 ? Readiness.READ : 0;
    if (this.#buffer.writer !== undefined) return data;
    return data | Readiness.HANGUP | (this.rules.pipeEndIsNoData ? 0 : Readiness.READ);
  }

  override release(): void {
    this.#buffer.reader = undefined;
    this.#buffer.writer?.wake(0);
  }
}

export class PipeWriter extends StreamFile {
  readonly fileType = FileType.UNKNOWN;
  override readonly isReadable = false;
  readonly #buffer: PipeBuffer;

  constructor(rules: Rules, buffer: PipeBuffer) {
    super(rules);
    this.#buffer = buffer;
    buffer.writer = this;
  }

  override read(): SysResult {
    return -Errno.BADF;
  }

  override write(source: Uint8Array, at: number, lengthBytes: number): SysResult {
    const buffer = this.#buffer;
    if (buffer.reader === undefined) return -Errno.PIPE;
    if (buffer.isFull && this.rules.pipeHasPages) return -Errno.AGAIN;
    const most = this.rules.streamTakesAPage ? STREAM_WRITE_BYTES_MAX : Infinity;
    const count = Math.min(lengthBytes, most);
    if (count === 0) return 0;
    buffer.push(copyBytes(source, at, count));
    buffer.reader.wake(Readiness.READ);
    return count;
  }

  override poll(): number {
    const room = this.#buffer.isFull ? 0 : Readiness.WRITE;
    return this.#buffer.reader === undefined ? room | Readiness.ERROR : room;
  }

  override release(): void {
    this.#buffer.writer = undefined;
    this.#buffer.reader?.wake(0);
  }
}

/** A pipe's two ends. Source: pipe(2). */
export function makePipe(rules: Rules): [PipeReader, PipeWriter] {
  const buffer = new PipeBuffer();
  return [new PipeReader(rules, buffer), new PipeWriter(rules, buffer)];
}

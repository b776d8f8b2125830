// What a standard stream can be besides a pipe or a socket: a file, a folder, /dev/null. None can
// be waited for, since none ever makes wait. Source: epoll_ctl(2), EPERM; poll(2).

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { FileType, Readiness } from '../kernel.ts';
import { STREAM_WRITE_BYTES_MAX } from './pipe.ts';
import type { Rules } from './rules.ts';
import { StreamFile } from './stream-file.ts';

abstract class PlainFile extends StreamFile {
  override readonly isAlwaysReady = true;

  override poll(): number {
    return Readiness.READ | Readiness.WRITE;
  }

  override release(): void {}
}

/** A file with contents, read and written at one position. */
export class RegularFile extends PlainFile {
  readonly fileType = FileType.REGULAR_FILE;
  /** With room behind what the file holds, so that a long one is not copied for each write. */
  #buffer: Uint8Array;
  #lengthBytes: number;
  #position = 0;
  override readonly isWritable: boolean;

  constructor(rules: Rules, contents: Uint8Array, isReadOnly: boolean) {
    super(rules);
    this.#buffer = contents;
    this.#lengthBytes = contents.length;
    this.isWritable = !isReadOnly;
  }

  override read(target: Uint8Array, at: number, lengthBytes: number): SysResult {
    const piece = this.contents.subarray(this.#position, this.#position + lengthBytes);
    target.set(piece, at);
    this.#position += piece.length;
    return piece.length;
  }

  override write(source: Uint8Array, at: number, lengthBytes: number): SysResult {
    const count = Math.min(lengthBytes, STREAM_WRITE_BYTES_MAX);
    const end = this.#position + count;
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#buffer.length));
      grown.set(this.contents);
      this.#buffer = grown;
    }
    this.#buffer.set(source.subarray(at, at + count), this.#position);
    this.#position = end;
    this.#lengthBytes = Math.max(this.#lengthBytes, end);
    return count;
  }

  get contents(): Uint8Array {
    return this.#buffer.subarray(0, this.#lengthBytes);
  }
}

export class Folder extends PlainFile {
  readonly fileType = FileType.DIRECTORY;
  override readonly isWritable = false;

  override read(): SysResult {
    return -Errno.ISDIR;
  }

  override write(): SysResult {
    return -Errno.BADF;
  }
}

/** /dev/null: always at its end, takes everything. Source: null(4). */
export class NullDevice extends PlainFile {
  readonly fileType = FileType.CHARACTER_DEVICE;

  override read(): SysResult {
    return 0;
  }

  override write(_source: Uint8Array, _at: number, lengthBytes: number): SysResult {
    return Math.min(lengthBytes, STREAM_WRITE_BYTES_MAX);
  }
}

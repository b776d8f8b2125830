// The standard streams of a hostile guest, made in a folder of their own that is gone at once.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stream } from './row.ts';

export class Streams {
  readonly stdin: number;
  readonly stdout: number;

  constructor(stdin: Stream, stdout: Stream) {
    const folder = mkdtempSync(join(tmpdir(), 'pollux-hostile-'));
    this.stdin = open(stdin, join(folder, 'stdin'));
    this.stdout = open(stdout, join(folder, 'stdout'));
    rmSync(folder, { recursive: true });
  }

  /** Closes them. @returns what is in the file that was standard output; nothing if it was none */
  close(): Uint8Array {
    const status = fstatSync(this.stdout);
    const bytes = Buffer.alloc(status.isFile() ? status.size : 0);
    let count = 0;
    while (count < bytes.length) {
      count += readSync(this.stdout, bytes, count, bytes.length - count, count);
    }
    closeSync(this.stdin);
    closeSync(this.stdout);
    return bytes;
  }
}

function open(stream: Stream, path: string): number {
  switch (stream) {
    case 'null':
      return openSync('/dev/null', 'r+');
    case 'directory':
      return openSync('/', 'r');
    case 'file':
      writeFileSync(path, '');
      return openSync(path, 'r+');
    case 'fifo':
      spawnSync('mkfifo', [path]);
      // Open for both, so that neither end waits for the other. The host's own reads must not block.
      return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    default:
      return stream satisfies never;
  }
}

// The files of unix sockets, removed when a guest ends, and when the process leaves before that. Only
// the file that was made: another server may have put its own in its place.

import { lstatSync, unlinkSync } from 'node:fs';
import type { Address } from '../kernel/address.ts';

const all = new Set<SocketFile>();

/** A file that a listener has just made. */
export class SocketFile {
  readonly #path: string;
  readonly #identity: string | undefined;

  /** Has the file removed should the process exit. An address of another family has none. */
  constructor(address: Address) {
    this.#path = address.family === 'unix' ? address.path : '';
    this.#identity = identityOf(this.#path);
    if (this.#identity === undefined) return;
    if (all.size === 0) process.once('exit', removeAllFiles);
    all.add(this);
  }

  /** Removes the file, unless it is gone or another one by now. */
  remove(): void {
    if (!all.delete(this)) return;
    if (all.size === 0) process.off('exit', removeAllFiles);
    if (identityOf(this.#path) === this.#identity) unlinkSync(this.#path);
  }
}

/** Removes every file: the process is about to leave. */
export function removeAllFiles(): void {
  for (const file of all) file.remove();
}

/** What tells a file from another one of the same name; undefined when there is none. */
function identityOf(path: string): string | undefined {
  const stat = path === '' ? undefined : lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

// The files of unix sockets, removed when a guest ends, and when the process leaves before that.

import type { Address } from '../kernel/address.ts';
import { removeSocketFile } from './listen.ts';

const files = new Set<Address>();

/** Removes every file that is kept track of: the process is about to leave. */
export function removeAllFiles(): void {
  for (const address of files) removeSocketFile(address);
}

/** Has the files of `addresses` removed should the process exit. */
export function keepTrack(addresses: readonly Address[]): void {
  if (files.size === 0) process.once('exit', removeAllFiles);
  for (const address of addresses) if (address.family === 'unix') files.add(address);
  if (files.size === 0) process.off('exit', removeAllFiles);
}

/** Removes the files of `addresses` now. */
export function removeFiles(addresses: readonly Address[]): void {
  for (const address of addresses) {
    removeSocketFile(address);
    files.delete(address);
  }
  if (files.size === 0) process.off('exit', removeAllFiles);
}

// Finds a guest's module: a path, a URL or the bytes themselves. What it must be is checked in
// module-bytes.ts.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PolluxError } from '../base/pollux-error.ts';
import type { ModuleSource } from './guest.ts';
import { type GuestModule, loadModuleBytes, refused } from './module-bytes.ts';

export type { Entry, GuestModule } from './module-bytes.ts';

/**
 * Reads, checks, limits and compiles a module.
 *
 * @param memoryBytesMax what its memory may grow to; as far as WebAssembly goes without it.
 * @throws PolluxError `MODULE_NOT_FOUND` when it can't be read; `MODULE_REFUSED` when it is no
 *   WebAssembly, imports what Pollux does not have, has no entry, no memory that can be used, or
 *   asks for more than its limits at the start.
 */
export async function loadModule(
  source: ModuleSource,
  memoryBytesMax?: number,
): Promise<GuestModule> {
  if (source instanceof WebAssembly.Module) {
    throw refused('a compiled module', 'can not be limited any more; give its bytes, path or URL');
  }
  const { name, bytes } = await readSource(source);
  return loadModuleBytes(name, bytes, memoryBytesMax);
}

async function readSource(source: ModuleSource): Promise<{ name: string; bytes: Uint8Array }> {
  if (source instanceof Uint8Array) return { name: 'guest.wasm', bytes: source };
  if (source instanceof ArrayBuffer) return { name: 'guest.wasm', bytes: new Uint8Array(source) };
  if (source instanceof URL && source.protocol !== 'file:') {
    throw notFound(source.href, 'only file: URLs are read; fetch the bytes and give them');
  }
  const path = source instanceof URL ? fileURLToPath(source) : source;
  try {
    return { name: basename(path), bytes: await readFile(path) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw notFound(path, 'there is no such file', error);
    if (code === 'EISDIR') throw notFound(path, 'is a directory, not a module', error);
    throw notFound(path, `can not be read (${code ?? String(error)})`, error);
  }
}

function notFound(name: string, reason: string, cause?: unknown): PolluxError {
  return new PolluxError('MODULE_NOT_FOUND', `${name}: ${reason}`, { cause });
}

// The modules that the end-to-end tests run, by path from the repository's directory.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from './child.ts';

/** Our own program, in its two forms. `npm run build` makes them. */
export const ROT13_COMMAND = 'build/rot13-echo.wasm';
export const ROT13_REACTOR = 'build/rot13-echo.reactor.wasm';

/** A guest of tests/guests/c, compiled when it is not yet, or no longer, up to date. */
export function cGuest(name: string): string {
  execFileSync(process.execPath, ['tests/guests/build-c-guests.mjs', name], { cwd: REPOSITORY });
  return `build/guests/${name}.wasm`;
}

/** Runs `body` with the path of a new, empty directory, which is then removed. */
export async function withDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'pollux-e2e-'));
  try {
    await body(path);
  } finally {
    rmSync(path, { recursive: true });
  }
}

// Builds the declarations of the public API, dist/types/: those that its users' compilers read, and
// no others.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TYPES = join(ROOT, 'dist', 'types');

export function buildTypes() {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  // tsc writes one for each file of the program. What lies inside would bind users to it, and ask
  // of them the types that it needs.
  const reached = reachable(
    ['index.d.ts', 'trace/index.d.ts', 'sim.d.ts'].map((path) => join(TYPES, path)),
  );
  for (const entry of readdirSync(TYPES, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !reached.has(path)) rmSync(path);
  }
}

/** The declarations that can be come to from `starts`, themselves included. */
function reachable(starts) {
  const seen = new Set(starts);
  // A set goes on to what is added while it is gone through.
  for (const path of seen) {
    for (const [, specifier] of readFileSync(path, 'utf8').matchAll(/['"](\.[^'"]*)\.ts['"]/g)) {
      seen.add(resolve(dirname(path), `${specifier}.d.ts`));
    }
  }
  return seen;
}

// The repository's own files: what git has, and what it would have.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Path -> text of every file that is not ignored. Binary files are left out. */
export function repositoryFiles(): Map<string, string> {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const paths = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  const files = new Map<string, string>();
  for (const path of paths) {
    // One that was removed, but not yet from git's index.
    if (path === '' || !existsSync(join(root, path))) continue;
    const text = readFileSync(join(root, path), 'utf8');
    if (!text.includes('\0')) files.set(path, text);
  }
  return files;
}

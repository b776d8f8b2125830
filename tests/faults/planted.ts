// Runs test files over a copy of the repository in which one text has been replaced. The copy is compiled
// once, file by file: a loader in each process took a third of the time.

import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Fault } from './fault.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the test files need of the repository. */
const COPIED = [
  'package.json',
  'host',
  'tests/contract',
  'tests/support',
  'tests/wasi',
  'tests/e2e/support',
];
const LINKED = ['node_modules', 'build/native'];

/** Has each compiled file import the others where they lie. */
const FILE_BY_FILE: Plugin = {
  name: 'file by file',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ kind, path }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
    );
  },
};

/** A test file that takes longer than this has been made to hang. */
const PATIENCE_MS = 60_000;
/** What uvu writes when a test fails. */
const FAILED = '✘';

/** What became of the test files: the first that did not pass says it. */
export type Verdict = 'passed' | 'failed' | 'broke off' | 'took too long';

/**
 * Changes the source at `folder` as `fault` says.
 *
 * @returns what changes it back.
 * @throws Error when the text that is to be replaced is not there exactly once.
 */
export async function plant(fault: Fault, folder: string): Promise<() => Promise<void>> {
  const file = join('host', 'wasi', fault.file);
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  const parts = source.split(fault.text);
  if (parts.length !== 2) {
    throw new Error(`${fault.file} has ${parts.length - 1} times: ${fault.text}`);
  }
  const replace = (text: string): Promise<void> => {
    writeFileSync(path, text);
    return compile(folder, [file]);
  };
  await replace(parts.join(fault.replacement));
  return () => replace(source);
}

/** Copies to `folder`, inside the repository's build/, what tests/wasi needs, and compiles it. */
export async function copyRepository(folder: string): Promise<void> {
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  mkdirSync(join(folder, 'build'));
  for (const path of LINKED) symlinkSync(join(ROOT, path), join(folder, path));
  await compile(folder, ['host/**/*.ts', 'tests/**/*.ts']);
}

/** Puts beside each of `files`, of the copy at `folder`, what it is in JavaScript. */
async function compile(folder: string, files: readonly string[]): Promise<void> {
  await build({
    absWorkingDir: folder,
    entryPoints: [...files],
    outdir: '.',
    outbase: '.',
    bundle: true,
    plugins: [FILE_BY_FILE],
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
}

/**
 * Runs test files of the copy at `folder`, one after another, and stops at the first failure.
 *
 * @param temporary where they make their temporary files: they may have no time to remove them.
 */
export async function runTests(
  folder: string,
  files: readonly string[],
  temporary: string,
): Promise<Verdict> {
  for (const file of files) {
    const verdict = await runTest(folder, `tests/wasi/${file}.test.js`, temporary);
    if (verdict !== 'passed') return verdict;
  }
  return 'passed';
}

function runTest(folder: string, file: string, temporary: string): Promise<Verdict> {
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  return new Promise((resolve) => {
    const end = (verdict: Verdict): void => {
      clearTimeout(timer);
      killGroup(child);
      resolve(verdict);
    };
    const timer = setTimeout(() => end('took too long'), PATIENCE_MS);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes(FAILED)) end('failed');
    });
    child.on('close', (code) => end(code === 0 ? 'passed' : 'broke off'));
  });
}

/** The child leads a group: the loader of its threads may have helpers. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

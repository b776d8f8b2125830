// Compiles experiments with the system's C compiler, and runs them.
//
//     node docs/course/experiments/run.mjs NAME...       writable, edge-level ...
//     node docs/course/experiments/run.mjs               names them all
//
// What they print holds for the kernel they run on; the course quotes Linux 6.18.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const FLAGS = ['-std=gnu11', '-O1', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'];
const LIMIT_MS = 60_000;

/** The experiments there are. */
export const experiments = readdirSync(folder)
  .filter((name) => name.endsWith('.c'))
  .map((name) => basename(name, '.c'))
  .sort();

/** The C compiler, or undefined: `CC`, or the first of cc, gcc and clang that runs. */
export function findCompiler() {
  const candidates = process.env.CC === undefined ? ['cc', 'gcc', 'clang'] : [process.env.CC];
  return candidates.find((name) => spawnSync(name, ['--version']).status === 0);
}

/**
 * Compiles one experiment and runs it.
 *
 * @param {string} name as in {@link experiments}.
 * @returns {string} what it printed. Throws when there is no compiler, or it does not exit 0.
 */
export function runExperiment(name) {
  if (!experiments.includes(name)) {
    throw new Error(`there is no experiment ${name}; there are ${experiments.join(', ')}`);
  }
  const compiler = findCompiler();
  if (compiler === undefined) throw new Error('no C compiler: install gcc, or name one with CC=');
  const output = mkdtempSync(join(tmpdir(), 'experiment-'));
  try {
    const program = join(output, name);
    succeed(compiler, [...FLAGS, '-o', program, join(folder, `${name}.c`)]);
    return succeed(program, []);
  } finally {
    rmSync(output, { recursive: true });
  }
}

function succeed(command, args) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  if (error !== undefined) throw error;
  if (status === 0) return stdout;
  throw new Error(`${command} ended with ${signal ?? status}\n${stdout}${stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  if (names.length === 0) console.log(experiments.join('\n'));
  try {
    for (const name of names) process.stdout.write(runExperiment(name));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

// The C core, tested in C: compiles native-host/core with the programs of this folder, and runs
// each of their tests in a process of its own. POLLUX_CFLAGS adds flags, as -fsanitize=address.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const TESTS = pathOf('.');
const CORE = pathOf('../../native-host/core');
const GLUE = pathOf('../../native-host/glue');
const HEADERS = pathOf('../../node_modules/node-api-headers/include');

const [COMPILER = 'cc', ...COMPILER_ARGS] = words(process.env['CC'] || 'cc');
const FLAGS = [
  ...['-std=c11', '-D_GNU_SOURCE', '-O2', '-fPIC', '-fvisibility=hidden', '-isystem', HEADERS],
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'],
  ...words(process.env['POLLUX_CFLAGS'] ?? ''),
];

interface Run {
  readonly program: string;
  readonly suiteName: string;
  readonly environment: Record<string, string>;
  readonly needsRing?: boolean;
}

/** The programs, and what to set in their environment. */
const RUNS: readonly Run[] = [
  { program: 'tables', suiteName: 'native core: tables', environment: {} },
  { program: 'sockets', suiteName: 'native core: sockets', environment: {} },
  { program: 'streams', suiteName: 'native core: streams', environment: {} },
  { program: 'terminal', suiteName: 'native core: terminals', environment: {} },
  ...['calls', 'batch', 'bursts'].map((program) => ({
    program,
    suiteName: `native core: ${program} without a ring`,
    environment: { POLLUX_TEST_WITHOUT_RING: '1' },
  })),
  { program: 'calls', suiteName: 'native core: calls by a ring', environment: {}, needsRing: true },
  ...['waits', 'levels', 'batch', 'bursts', 'wakes'].flatMap((program) => [
    { program, suiteName: `native core: ${program} by epoll_pwait2`, environment: {} },
    {
      program,
      suiteName: `native core: ${program} by timerfd`,
      environment: { POLLUX_TEST_TIMERFD: '1' },
    },
  ]),
];

const output = mkdtempSync(join(tmpdir(), 'pollux-core-'));
process.on('exit', () => rmSync(output, { recursive: true, force: true }));

const unavailable = reasonToSkip();
if (unavailable === undefined) {
  compile(CORE, 'core');
  for (const program of new Set(RUNS.map((run) => run.program))) link(program);
}
for (const run of RUNS) runProgram(run);

const glue = suite('native glue');
if (unavailable === undefined) {
  glue('it compiles without a warning', () => compile(GLUE, 'glue'));
} else {
  glue.skip('it compiles without a warning', unavailable);
}
glue.run();

function runProgram({ program, suiteName, environment, needsRing = false }: Run): void {
  const test = suite(suiteName);
  if (unavailable === undefined && needsRing && !hasRing()) {
    test.skip(`the tests of ${program}.c`, 'this system has no io_uring, or forbids it');
  } else if (unavailable === undefined) {
    const path = join(output, program);
    const options = { env: environment };
    const titles = succeed(path, ['--list']).trimEnd().split('\n');
    titles.forEach((title, index) => test(title, () => void succeed(path, [`${index}`], options)));
  } else {
    test.skip(`the tests of ${program}.c`, unavailable);
  }
  test.run();
}

function hasRing(): boolean {
  return spawnSync(join(output, 'calls'), ['--has-ring']).status === 0;
}

function reasonToSkip(): string | undefined {
  if (process.platform !== 'linux') return `the core is for Linux, and this is ${process.platform}`;
  const found = spawnSync(COMPILER, [...COMPILER_ARGS, '--version']);
  return found.error === undefined ? undefined : `there is no C compiler called ${COMPILER}`;
}

/** Compiles every C file of `folder` to an object in `output/name`. A warning is an error. */
function compile(folder: string, name: string): void {
  const cwd = join(output, name);
  mkdirSync(cwd);
  const sources = filesOf(folder, '.c');
  assert.ok(sources.length > 0, `${folder} has no C file`);
  succeed(COMPILER, [...COMPILER_ARGS, ...FLAGS, '-c', ...sources], { cwd });
}

function link(program: string): void {
  const sources = [join(TESTS, `${program}.c`), join(TESTS, 'check.c')];
  const objects = filesOf(join(output, 'core'), '.o');
  const args = [...FLAGS, ...sources, ...objects, '-o', join(output, program)];
  succeed(COMPILER, [...COMPILER_ARGS, ...args]);
}

/**
 * Runs a command to its end, and gives what it printed. A memory checker that watches this process
 * doesn't watch the command: a program that has one of its own looks for leaks, too.
 */
function succeed(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): string {
  const checkers = { LD_PRELOAD: '', UBSAN_OPTIONS: '', ASAN_OPTIONS: 'detect_leaks=1' };
  const env = { ...process.env, ...checkers, ...options.env };
  const result = spawnSync(command, args, { encoding: 'utf8', cwd: options.cwd, env });
  const end = result.signal === null ? `status ${result.status}` : `signal ${result.signal}`;
  assert.is(end, 'status 0', `${end}: ${result.error?.message ?? ''}${result.stderr}`);
  return result.stdout;
}

function filesOf(folder: string, extension: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(extension));
  return names.sort().map((name) => join(folder, name));
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

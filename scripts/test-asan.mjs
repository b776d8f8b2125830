// npm run test:asan: the tests over an addon that AddressSanitizer and UndefinedBehaviorSanitizer
// watch, and the C tests of its core with a search for leaks as well. Each checker first has to
// find a bug that was put in for it (native-host/core/planted.h): else its silence proves nothing.
//
//     node scripts/test-asan.mjs [FILTER...]    files to run instead of FILES, as for test.mjs
//       --planted                               only see that the planted bugs are found
//
// Node itself is not instrumented, so the checker's library is loaded before it (LD_PRELOAD). V8
// takes SIGSEGV over, for WebAssembly's bounds, and hands on to the library what isn't its own. The
// library reserves 16 TiB of addresses: `ulimit -v` must be unlimited.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * What reaches the addon, less what only repeats it at length, and less tests/hostile/calls: each
 * of its 80 processes has five seconds, and is twice as slow here.
 */
const FILES = [
  ...['tests/native/', 'tests/contract/native', 'tests/wasi/', 'tests/hostile/fuzz'],
  ...['tests/e2e/echo', 'tests/e2e/api', 'tests/e2e/cli', 'tests/e2e/stop.test'],
];

/** The slowest file takes a quarter of this on two cores. */
const FILE_LIMIT_S = 240;

/** A process with a planted bug ends at once; the C tests are compiled first. */
const PLANTED_LIMIT_S = 60;
const OVERRUN = /heap-buffer-overflow[^]*in pollux_handles_(?:reserve|add)/;
const OVERRUN_IN_THREAD = /heap-buffer-overflow[^]* thread T[1-9]/;

const FLAGS = [
  '-fsanitize=address,undefined,float-cast-overflow',
  ...['-fno-sanitize-recover=all', '-fno-omit-frame-pointer', '-g', '-O1'],
];

const root = fileURLToPath(new URL('..', import.meta.url));
// One for each run: two at a time don't disturb each other.
const output = join(root, 'build', 'asan', `${process.pid}`);
const reports = join(output, 'reports');
const total = { passed: 0, failed: 0, skipped: 0 };

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: { planted: { type: 'boolean', default: false } },
});

process.on('exit', () => rmSync(output, { recursive: true, force: true }));
process.exitCode = await main();

async function main() {
  mkdirSync(output, { recursive: true });
  const library = findLibrary();
  if (library.problem !== undefined) {
    console.error(`test:asan: ${library.problem}`);
    return 1;
  }
  checkPlanted(library.path);
  if (!options.planted && total.failed === 0) await checkProduct(library.path);
  const counts = [`${total.passed} passed`, `${total.failed} failed`];
  console.log(`${counts.join(', ')}, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

// ---- the checkers -------------------------------------------------------------------------------

/** The library to load before Node, or why there is none. */
function findLibrary() {
  if (process.platform !== 'linux') return { problem: `needs Linux, not ${process.platform}` };
  const compiler = process.env.CC || 'cc';
  const missing = (why) => ({
    problem: `${why}: needs gcc with libasan and libubsan (apt-get install gcc), or CC=gcc`,
  });
  const found = run(...words(`${compiler} -print-file-name=libasan.so`));
  if (found.error !== undefined) return missing(`no compiler ${compiler}`);
  // It would answer with gcc's library, which isn't for it.
  if (/clang/i.test(run(...words(`${compiler} --version`)).stdout)) return missing('CC is clang');
  const path = found.stdout.trim();
  // A compiler that doesn't have the file answers its bare name.
  if (!isAbsolute(path)) return missing(`${compiler} has no libasan.so`);
  const probe = join(output, 'probe');
  writeFileSync(`${probe}.c`, 'int main(void) { return 0; }\n');
  const built = run(...words(compiler), ...FLAGS, `${probe}.c`, '-o', probe);
  const ran = run(probe);
  if (built.status !== 0) return missing(`${compiler} can't link ${FLAGS[0]}`);
  if (ran.status !== 0) return missing(`a program with ${FLAGS[0]} does not run here`);
  return { path };
}

/** The environment of a process, and of all it starts, whose addon is watched. */
function watched(library, addon, flags) {
  return {
    ...process.env,
    LD_PRELOAD: library,
    POLLUX_ADDON: addon,
    POLLUX_CFLAGS: flags.join(' '),
    // Node frees little at its end. Reports go to files: a test may not show what a child wrote.
    ASAN_OPTIONS: `detect_leaks=0:alloc_dealloc_mismatch=0:log_path=${join(reports, 'report')}`,
    UBSAN_OPTIONS: `print_stacktrace=1:log_path=${join(reports, 'report')}`,
  };
}

function buildAddon(name, flags) {
  const addon = join(output, `${name}.node`);
  const env = {
    ...process.env,
    POLLUX_ADDON: addon,
    POLLUX_CFLAGS: flags.join(' '),
    POLLUX_NATIVE: 'required',
  };
  const built = run(process.execPath, 'scripts/install-native.mjs', { env });
  if (built.status !== 0)
    throw new Error(`${name} can't be built:\n${built.stdout}${built.stderr}`);
  return addon;
}

/** What the checkers wrote since the last call. */
function takeReports() {
  const names = existsSync(reports) ? readdirSync(reports).sort() : [];
  const text = names.map((name) => readFileSync(join(reports, name), 'utf8')).join('\n');
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports);
  return text;
}

// ---- the planted bugs ---------------------------------------------------------------------------

function checkPlanted(library) {
  const test = ['--import', 'tsx', 'tests/native/native-waits.test.ts'];
  // Without a listener, the first kernel of the process is that of the guest's thread.
  const guest = ['dist/cli.cjs', 'run', 'build/rot13-echo.wasm'];
  const overrun = buildAndWatch(library, 'POLLUX_PLANTED_OVERRUN');
  expectReport('a byte too many, in a test', overrun, test, OVERRUN);
  expectReport("a byte too many, in a guest's thread", overrun, guest, OVERRUN_IN_THREAD);
  const overflow = buildAndWatch(library, 'POLLUX_PLANTED_OVERFLOW');
  expectReport('a sum too large, in a test', overflow, test, /signed integer overflow/);
  const env = {
    ...process.env,
    POLLUX_CFLAGS: [...FLAGS, '-DPOLLUX_PLANTED_LEAK'].join(' '),
    // Each of these tests finds the leak, and naming its lines takes longer than the test.
    LSAN_OPTIONS: 'symbolize=0',
  };
  const core = ['--import', 'tsx', 'tests/native/core.test.ts'];
  expectReport('memory not freed, in the C tests', env, core, /detected memory leaks/);
}

function buildAndWatch(library, define) {
  const flags = [...FLAGS, `-D${define}`];
  return watched(library, buildAddon(define.toLowerCase(), flags), flags);
}

/** Runs Node with `args`: it has to fail, and a checker has to say why. */
function expectReport(bug, env, args, pattern) {
  takeReports();
  const result = run(process.execPath, ...args, { env, timeout: PLANTED_LIMIT_S * 1000 });
  const said = takeReports() + result.stdout + result.stderr;
  // The checkers end a process by its exit code; one that was stopped for its time has none.
  const isFound = (result.status ?? 0) !== 0 && pattern.test(said);
  total[isFound ? 'passed' : 'failed'] += 1;
  console.log(`${isFound ? 'ok   ' : 'FAIL '} planted: ${bug}: ${isFound ? '' : 'not '}found`);
  if (!isFound) console.log(`status ${result.status}, not with ${pattern}:\n${said}`);
}

// ---- the product --------------------------------------------------------------------------------

async function checkProduct(library) {
  const env = watched(library, buildAddon('pollux', FLAGS), FLAGS);
  takeReports();
  await runTests(filters.length > 0 ? filters : FILES, env);
  const said = takeReports();
  if (said === '') return;
  total.failed += 1;
  console.log(`FAIL  a checker reported:\n${said}`);
}

/** Runs the test runner, prints what it prints but for its sum, and adds that to ours. */
async function runTests(files, env) {
  const args = ['scripts/test.mjs', '--limit', `${FILE_LIMIT_S}`, ...files];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (last !== '') console.log(last);
      last = line;
    }
  });
  const status = await new Promise((done) => child.on('close', done));
  addCounts(last, status);
}

function addCounts(line, status) {
  const counts = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line);
  if (counts === null) {
    console.log(`${line}\nFAIL  the test runner ended with ${status} and without its counts`);
    total.failed += 1;
    return;
  }
  const [passed, failed, skipped] = counts.slice(1).map(Number);
  total.passed += passed;
  total.failed += status !== 0 && failed === 0 ? 1 : failed;
  total.skipped += skipped;
}

// ---- small things -------------------------------------------------------------------------------

/** Runs a command to its end. The last argument may be options. */
function run(command, ...args) {
  const last = args.at(-1);
  const given = typeof last === 'object' ? args.pop() : {};
  return spawnSync(command, args, { cwd: root, encoding: 'utf8', ...given });
}

function words(text) {
  return text.split(/\s+/).filter((word) => word !== '');
}

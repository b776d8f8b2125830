// Runs tests/**/*.test.ts, one process per file, and fails on everything that is not a pass.
//
//     node scripts/test.mjs [FILTER...]      only files whose path contains one of the filters
//       --parallel N     files at a time (2); *.heavy.test.ts run alone, at the end
//       --limit SECONDS  time for a file (120; heavy files have five times as much)
//       --root DIRECTORY where to look (tests)
//
// The counts come from tests/support/suite.ts, not from uvu: uvu exits 0 on tests that never ran.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HEAVY = '.heavy.test.ts';
const HEAVY_LIMIT_FACTOR = 5;
/** How long a child of a test process may outlive it: the loader's own helper needs a moment. */
const LEFTOVER_GRACE_MS = 2000;

const repository = fileURLToPath(new URL('..', import.meta.url));
const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    parallel: { type: 'string', default: '2' },
    limit: { type: 'string', default: '120' },
    root: { type: 'string', default: join(repository, 'tests') },
  },
});
const parallelCount = positiveNumber(options.parallel, '--parallel');
const limitMs = positiveNumber(options.limit, '--limit') * 1000;
const root = resolve(options.root);
const reportDirectory = mkdtempSync(join(tmpdir(), 'pollux-test-'));

/** The test processes under way, by pid. Each leads a process group of its own. */
const running = new Set();
let reportCount = 0;
const total = { passed: 0, failed: 0, skips: [] };

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const pid of running) killGroup(pid);
    process.exit(1);
  });
}
process.on('exit', () => rmSync(reportDirectory, { recursive: true, force: true }));

const files = findTests();
await runAll(
  files.filter((file) => !file.endsWith(HEAVY)),
  parallelCount,
);
await runAll(
  files.filter((file) => file.endsWith(HEAVY)),
  1,
);
conclude();

// ---- choosing ---------------------------------------------------------------------------------

function findTests() {
  const all = readdirSync(root, { recursive: true })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => relative(repository, join(root, path)).split(sep).join('/'))
    .sort();
  if (filters.length === 0) return all;
  return all.filter((path) => filters.some((filter) => path.includes(filter)));
}

function positiveNumber(text, name) {
  const number = Number(text);
  if (number > 0) return number;
  process.stderr.write(`${name} takes a number above 0, not ${text}\n`);
  process.exit(2);
}

// ---- running ----------------------------------------------------------------------------------

async function runAll(files, atATime) {
  const queue = [...files];
  const lane = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      report(file, await runFile(file));
    }
  };
  await Promise.all(Array.from({ length: atATime }, lane));
}

async function runFile(file) {
  const reportPath = join(reportDirectory, `${reportCount++}.json`);
  const fileLimitMs = file.endsWith(HEAVY) ? limitMs * HEAVY_LIMIT_FACTOR : limitMs;
  const startMs = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: repository,
    env: { ...process.env, POLLUX_TEST_REPORT: reportPath },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child.pid);
  const output = [];
  child.stdout.on('data', (bytes) => output.push(bytes));
  child.stderr.on('data', (bytes) => output.push(bytes));

  const isClosed = closed(child);

  const end = await waitForEnd(child, fileLimitMs);
  const problems = [];
  if (end.isLate) problems.push(`did not exit within ${fileLimitMs / 1000} s`);
  else if (!(await isAllGone(child.pid, isClosed))) problems.push('left a child process behind');
  killGroup(child.pid);
  child.stdout.destroy();
  child.stderr.destroy();
  running.delete(child.pid);
  if (!end.isLate && end.code !== 0) problems.push(`exited with ${end.signal ?? end.code}`);
  const counts = readReport(reportPath, problems);
  return {
    ...counts,
    problems,
    seconds: (performance.now() - startMs) / 1000,
    output: Buffer.concat(output).toString(),
  };
}

function waitForEnd(child, fileLimitMs) {
  return new Promise((done) => {
    const timer = setTimeout(() => done({ isLate: true }), fileLimitMs);
    // Not `close`: a leftover child that holds the output would keep it away.
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      done({ isLate: false, code, signal });
    });
  });
}

/** Answers whether the output has ended: everything in it has been read and no one holds it. */
function closed(child) {
  let isClosed = false;
  child.on('close', () => {
    isClosed = true;
  });
  return () => isClosed;
}

/** True when every process of the group `pid` ends, and lets go of the output, in good time. */
async function isAllGone(pid, isClosed) {
  const endMs = performance.now() + LEFTOVER_GRACE_MS;
  while (!isClosed() || isGroupAlive(pid)) {
    if (performance.now() > endMs) return false;
    await new Promise((done) => setTimeout(done, 10));
  }
  return true;
}

function isGroupAlive(pid) {
  try {
    process.kill(-pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  // An orphan that has ended still counts until process 1 gets round to it.
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && isAliveInGroup(entry, pid));
}

function isAliveInGroup(process, group) {
  try {
    const text = readFileSync(`/proc/${process}/stat`, 'utf8');
    // After the name in brackets, which may hold anything: state, parent, group.
    const [state, , groupText] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return state !== 'Z' && Number(groupText) === group;
  } catch {
    return false;
  }
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

/** Adds up what the suites of one process counted. What does not add up becomes a problem. */
function readReport(path, problems) {
  const counts = { passed: 0, failed: 0, skips: [] };
  let suites;
  try {
    suites = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    problems.push('reported no counts: it ended by force, or does not use tests/support/suite.ts');
    return counts;
  }
  if (suites.length === 0) problems.push('ran no test');
  for (const suite of suites) {
    const ended = suite.passed + suite.failed + suite.skips.length;
    if (!suite.wasRun) problems.push(`the suite ${suite.name} was never run`);
    else if (suite.registered === 0) problems.push(`the suite ${suite.name} has no test`);
    else if (ended !== suite.registered) problems.push(`the suite ${suite.name} lost tests`);
    counts.passed += suite.passed;
    counts.failed += suite.failed;
    for (const skip of suite.skips) counts.skips.push({ suite: suite.name, ...skip });
  }
  return counts;
}

// ---- telling ----------------------------------------------------------------------------------

function report(file, result) {
  const isGood = result.failed === 0 && result.problems.length === 0;
  total.passed += result.passed;
  // A file that fails as a whole counts as one failure, so that the last line never lies.
  total.failed += isGood ? 0 : Math.max(result.failed, 1);
  for (const skip of result.skips) total.skips.push({ file, ...skip });

  const counts = [`${result.passed} passed`];
  if (result.failed > 0) counts.push(`${result.failed} failed`);
  if (result.skips.length > 0) counts.push(`${result.skips.length} skipped`);
  const line = `${file}: ${counts.join(', ')} (${result.seconds.toFixed(1)} s)`;
  if (isGood) {
    process.stdout.write(`ok    ${line}\n`);
    return;
  }
  process.stdout.write(`FAIL  ${line}\n${result.output}\n`);
  for (const problem of result.problems) process.stdout.write(`      ${file}: ${problem}\n`);
}

function conclude() {
  for (const { file, suite, title, reason } of total.skips) {
    process.stdout.write(`skip  ${file}: ${suite}: ${title}: ${reason}\n`);
  }
  const isNothing = total.passed + total.failed === 0;
  if (isNothing) process.stdout.write('no test ran: none matches, or all are skipped\n');
  const counts = [`${total.passed} passed`, `${total.failed} failed`];
  process.stdout.write(`${counts.join(', ')}, ${total.skips.length} skipped\n`);
  process.exitCode = total.failed > 0 || isNothing ? 1 : 0;
}

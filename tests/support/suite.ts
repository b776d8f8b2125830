// A thin layer over uvu's `suite` that counts for itself. uvu exits 0 on tests that never ran: a
// forgotten `.run()`, a throw in `before`, a throw in `after.each`. Here each of these makes the
// process exit 1, and scripts/test.mjs reads the same counts from the file POLLUX_TEST_REPORT.

import { writeFileSync } from 'node:fs';
import * as uvu from 'uvu';

export type Body = () => void | Promise<void>;

export interface Hook {
  /** Runs once for the suite. */
  (body: Body): void;
  /** Runs for each test. */
  each(body: Body): void;
}

export interface Suite {
  /** Registers a test. The title is a sentence of behaviour, unique in its suite. */
  (title: string, body: Body): void;
  /** Registers a test that can't run here. The reason is printed at the end of the whole run. */
  skip(title: string, reason: string): void;
  readonly before: Hook;
  readonly after: Hook;
  /** Runs what has been registered. Every suite ends with it. */
  run(): void;
}

/** What one suite came to. `registered` includes the skips. */
export interface SuiteCount {
  readonly name: string;
  registered: number;
  passed: number;
  failed: number;
  hooksFailed: number;
  wasRun: boolean;
  readonly skips: { readonly title: string; readonly reason: string }[];
}

const counts: SuiteCount[] = [];

// Taken out of the environment, so that a child process of a test does not overwrite the report.
const reportPath = process.env['POLLUX_TEST_REPORT'];
delete process.env['POLLUX_TEST_REPORT'];

process.on('exit', () => {
  const problems = suiteProblems(counts);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  if (reportPath !== undefined) writeFileSync(reportPath, JSON.stringify(counts));
});

/** Opens a suite. Its name says what is tested and where: `poll_oneoff (native)`. */
export function suite(name: string): Suite {
  const inner = uvu.suite(name);
  const count: SuiteCount = {
    name,
    registered: 0,
    passed: 0,
    failed: 0,
    hooksFailed: 0,
    wasRun: false,
    skips: [],
  };
  counts.push(count);
  const titles = new Set<string>();

  const register = (title: string): void => {
    if (titles.has(title)) throw new Error(`the suite ${name} has two tests called: ${title}`);
    titles.add(title);
    count.registered += 1;
  };
  const test = (title: string, body: Body): void => {
    register(title);
    inner(title, countedTest(count, body));
  };
  const skip = (title: string, reason: string): void => {
    if (reason === '') throw new Error(`a skip needs a reason: ${title}`);
    register(title);
    count.skips.push({ title, reason });
    inner.skip(title);
  };
  const run = (): void => {
    count.wasRun = true;
    inner.run();
  };
  return Object.assign(test, {
    skip,
    run,
    before: countedHook(count, inner.before),
    after: countedHook(count, inner.after),
  });
}

/** What is wrong with a test process besides its failed tests, in words. */
export function suiteProblems(suites: readonly SuiteCount[]): string[] {
  const problems: string[] = [];
  if (suites.length === 0) problems.push('no suite was opened');
  for (const count of suites) {
    const ended = count.passed + count.failed + count.skips.length;
    if (count.registered === 0) problems.push(`the suite ${count.name} has no test`);
    else if (!count.wasRun)
      problems.push(`the suite ${count.name} was never run: .run() is missing`);
    else if (ended !== count.registered) {
      problems.push(`the suite ${count.name}: ${count.registered} tests, ${ended} came to an end`);
    }
    if (count.hooksFailed > 0) problems.push(`the suite ${count.name}: a hook failed`);
  }
  return problems;
}

function countedTest(count: SuiteCount, body: Body): Body {
  return async () => {
    try {
      await body();
    } catch (error) {
      count.failed += 1;
      throw error;
    }
    count.passed += 1;
  };
}

function countedHook(count: SuiteCount, inner: uvu.Test['before']): Hook {
  const counted =
    (body: Body): Body =>
    async () => {
      try {
        await body();
      } catch (error) {
        count.hooksFailed += 1;
        // uvu loses it.
        process.stderr.write(`a hook of ${count.name} failed: ${describe(error)}\n`);
        throw error;
      }
    };
  return Object.assign((body: Body) => inner(counted(body)), {
    each: (body: Body) => inner.each(counted(body)),
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

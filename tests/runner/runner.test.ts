// Goal: nothing but a pass makes the runner exit 0. Method: plant a file with one fault in a folder
// of its own, run scripts/test.mjs on it and look at its exit code and last line.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const RUNNER = fileURLToPath(new URL('../../scripts/test.mjs', import.meta.url));
const SUITE_URL = new URL('../support/suite.ts', import.meta.url).href;
/** For files that hang, and for all others: a busy machine is no fault. */
const HANGING_LIMIT_S = 4;
const LIMIT_S = 60;

const root = mkdtempSync(join(tmpdir(), 'pollux-runner-'));
let folderCount = 0;

const test = suite('the test runner');
test.after(() => rmSync(root, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly lastLine: string;
  readonly output: string;
}

/** Runs the runner over planted files: path -> source. `suite` and `fs` are imported for them. */
function runPlanted(files: Record<string, string>, ...args: string[]): Outcome {
  const folder = join(root, String(folderCount++));
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `import { suite } from '${SUITE_URL}';\n${source}\n`);
  }
  const result = spawnSync(
    process.execPath,
    [RUNNER, '--root', folder, '--limit', `${LIMIT_S}`, ...args],
    { encoding: 'utf8' },
  );
  const output = result.stdout + result.stderr;
  return { code: result.status, lastLine: output.trimEnd().split('\n').at(-1) ?? '', output };
}

const GOOD = `const test = suite('good'); test('passes', () => {}); test.run();`;

test('a file that passes makes it exit 0 and the last line counts', () => {
  const { code, lastLine, output } = runPlanted({ 'a.test.ts': GOOD, 'b/c.test.ts': GOOD });
  assert.is(code, 0, output);
  assert.is(lastLine, '2 passed, 0 failed, 0 skipped');
});

test('a filter chooses files by a part of their path', () => {
  const { code, lastLine } = runPlanted({ 'a.test.ts': GOOD, 'b/c.test.ts': GOOD }, '/b/');
  assert.is(code, 0);
  assert.is(lastLine, '1 passed, 0 failed, 0 skipped');
});

test('a heavy file runs after all others', () => {
  const { code, output } = runPlanted({ 'a.heavy.test.ts': GOOD, 'b.test.ts': GOOD });
  assert.is(code, 0);
  assert.ok(output.indexOf('b.test.ts') < output.indexOf('a.heavy.test.ts'), output);
});

test('a skip is printed with its reason and counted', () => {
  const { code, lastLine, output } = runPlanted({
    'a.test.ts': `const test = suite('s'); test('passes', () => {});
      test.skip('needs the moon', 'no moon here'); test.run();`,
  });
  assert.is(code, 0, output);
  assert.is(lastLine, '1 passed, 0 failed, 1 skipped');
  assert.match(output, 'a.test.ts: s: needs the moon: no moon here');
});

test('a process that a test started does not spoil the counts', () => {
  const { code, lastLine, output } = runPlanted({
    'a.test.ts': `import { spawnSync } from 'node:child_process';
      const test = suite('s');
      test('starts one', () => {
        if (process.env.POLLUX_TEST_REPORT !== undefined) throw new Error('it is handed down');
        spawnSync(process.execPath, ['-e', '0']);
      });
      test.run();`,
  });
  assert.is(code, 0, output);
  assert.is(lastLine, '1 passed, 0 failed, 0 skipped');
});

/** Each fault, and what the runner says of it. */
const FAULTS: readonly { title: string; source: string; says: RegExp; limitS?: number }[] = [
  {
    title: 'a failing assertion',
    source: `import * as assert from '${import.meta.resolve('uvu/assert')}';
      const test = suite('s'); test('fails', () => assert.is(1, 2)); test.run();`,
    says: /Expected values to be strictly equal/,
  },
  {
    title: 'a forgotten run()',
    source: `const test = suite('s'); test('is never run', () => {});`,
    says: /was never run/,
  },
  {
    title: 'one forgotten run() of two',
    source: `${GOOD} const other = suite('s'); other('is never run', () => {});`,
    says: /the suite s was never run/,
  },
  {
    title: 'a test registered after run()',
    source: `${GOOD} test('comes too late', () => {});`,
    says: /2 tests, 1 came to an end/,
  },
  { title: 'a suite without a test', source: `suite('s').run();`, says: /the suite s has no test/ },
  { title: 'a file without a suite', source: 'suite;', says: /ran no test/ },
  {
    title: 'a throw in before',
    source: `const test = suite('s'); test.before(() => { throw new Error('planted'); });
      test('is lost', () => {}); test.run();`,
    says: /a hook of s failed: Error: planted/,
  },
  {
    title: 'a throw in after',
    source: `const test = suite('s'); test.after(() => { throw new Error('planted'); });
      test('passes', () => {}); test.run();`,
    says: /a hook of s failed: Error: planted/,
  },
  {
    title: 'a throw in before.each',
    source: `const test = suite('s'); test.before.each(() => { throw new Error('planted'); });
      test('is lost', () => {}); test.run();`,
    says: /planted/,
  },
  {
    title: 'a throw in after.each',
    source: `const test = suite('s'); test.after.each(() => { throw new Error('planted'); });
      test('passes', () => {}); test.run();`,
    says: /a hook of s failed: Error: planted/,
  },
  {
    title: 'a promise that nothing settles',
    source: `const test = suite('s'); test('hangs', () => new Promise(() => {})); test.run();`,
    says: /1 tests, 0 came to an end/,
  },
  {
    title: 'a throw at import',
    source: `${GOOD} throw new Error('planted');`,
    says: /planted/,
  },
  {
    title: 'a throw after the tests',
    source: `${GOOD} process.on('beforeExit', () => { throw new Error('planted'); });`,
    says: /planted/,
  },
  {
    title: 'process.exit(0) in a test',
    source: `const test = suite('s'); test('leaves', () => process.exit(0)); test.run();`,
    says: /1 tests, 0 came to an end/,
  },
  {
    title: 'a process that is killed',
    source: `const test = suite('s'); test('dies', () => process.kill(process.pid, 'SIGKILL'));
      test.run();`,
    says: /exited with SIGKILL/,
  },
  {
    title: 'two tests of one title',
    source: `const test = suite('s'); test('a', () => {}); test('a', () => {}); test.run();`,
    says: /has two tests called: a/,
  },
  {
    title: 'an open handle',
    source: `${GOOD} setInterval(() => {}, 1000);`,
    says: /did not exit within 4 s/,
    limitS: HANGING_LIMIT_S,
  },
  {
    title: 'a test that never gives the thread back',
    source: `const test = suite('s'); test('spins', () => { for (;;); }); test.run();`,
    says: /did not exit within 4 s/,
    limitS: HANGING_LIMIT_S,
  },
  {
    title: 'a child process left behind',
    source: `import { spawn } from 'node:child_process';
      const test = suite('s');
      test('leaves one', () => {
        spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)'], { stdio: 'ignore' }).unref();
      });
      test.run();`,
    says: /left a child process behind/,
  },
  {
    title: 'a file that does not use the layer over uvu',
    source: `process.removeAllListeners('exit');`,
    says: /reported no counts/,
  },
];

for (const { title, source, says, limitS = LIMIT_S } of FAULTS) {
  test(`${title} makes it exit 1`, () => {
    const { code, lastLine, output } = runPlanted({ 'a.test.ts': source }, '--limit', `${limitS}`);
    assert.is(code, 1, output);
    assert.match(output, says);
    assert.match(lastLine, /^\d+ passed, 1 failed, 0 skipped$/);
  });
}

test('a failure in one file of two makes it exit 1', () => {
  const bad = `const test = suite('s'); test('fails', () => { throw 1; }); test.run();`;
  const { code, lastLine } = runPlanted({ 'a.test.ts': bad, 'b.test.ts': GOOD });
  assert.is(code, 1);
  assert.is(lastLine, '1 passed, 1 failed, 0 skipped');
});

test('no file at all makes it exit 1', () => {
  const { code, lastLine } = runPlanted({ 'a.test.ts': GOOD }, 'no-such-name');
  assert.is(code, 1);
  assert.is(lastLine, '0 passed, 0 failed, 0 skipped');
});

test('files that skip everything make it exit 1', () => {
  const { code, lastLine } = runPlanted({
    'a.test.ts': `const test = suite('s'); test.skip('a', 'a reason'); test.run();`,
  });
  assert.is(code, 1);
  assert.is(lastLine, '0 passed, 0 failed, 1 skipped');
});

test.run();

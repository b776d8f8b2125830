// Goal: tests/wasi notices mistakes in host/wasi. Method: make one mistake at a time in a copy of
// the source and see that a test fails; and that none fails in a copy that is left as it is.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { CONNECT_FAULTS } from './connect-faults.ts';
import { EPOLL_FAULTS } from './epoll-faults.ts';
import type { Fault } from './fault.ts';
import { copyRepository, plant, runTests, type Verdict } from './planted.ts';
import { POLL_FAULTS } from './poll-faults.ts';
import { SOCKET_FAULTS } from './socket-faults.ts';

const test = suite('tests/wasi notices');

const FAULTS: readonly Fault[] = [
  ...CONNECT_FAULTS,
  ...EPOLL_FAULTS,
  ...POLL_FAULTS,
  ...SOCKET_FAULTS,
];
const LANES = 2;
const BUILD = fileURLToPath(new URL('../../build', import.meta.url));

const verdicts = new Map<string, Verdict | Error>();
let folder = '';
let temporary = '';

test.before(async () => {
  folder = mkdtempSync(join(BUILD, 'faults-'));
  // Not in the folder: a unix socket's path must be short.
  temporary = mkdtempSync(join(tmpdir(), 'pollux-faults-'));
  const files = [...new Set(FAULTS.flatMap(({ noticedBy }) => noticedBy))];
  const jobs = [
    ...files.map((file) => () => judge(`nothing in ${file}`, undefined, [file])),
    ...FAULTS.map((fault) => () => judge(fault.name, fault, fault.noticedBy)),
  ];
  const lane = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
});

test.after(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
});

async function judge(
  name: string,
  fault: Fault | undefined,
  files: readonly string[],
): Promise<void> {
  const copy = mkdtempSync(join(folder, 'copy-'));
  try {
    copyRepository(copy);
    if (fault !== undefined) plant(fault, copy);
    verdicts.set(name, await runTests(copy, files, temporary));
  } catch (error) {
    verdicts.set(name, error instanceof Error ? error : new Error(String(error)));
  }
  rmSync(copy, { recursive: true, force: true });
}

test('nothing where there is no mistake', () => {
  const without = [...verdicts].filter(([name]) => name.startsWith('nothing in '));
  assert.ok(without.length > 0);
  for (const [name, verdict] of without) assert.is(verdict, 'passed', name);
});

for (const { name, file } of FAULTS) {
  test(`${name} (${file})`, () => {
    const verdict = verdicts.get(name);
    if (verdict instanceof Error) throw verdict;
    assert.is(verdict, 'failed');
  });
}

test.run();

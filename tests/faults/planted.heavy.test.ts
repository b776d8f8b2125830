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
    ...files.map((file) => ({ name: `nothing in ${file}`, fault: undefined, files: [file] })),
    ...FAULTS.map((fault) => ({ name: fault.name, fault, files: fault.noticedBy })),
  ];
  // A copy for each lane, not for each fault: one file of it is compiled anew.
  const lane = async (): Promise<void> => {
    const copy = mkdtempSync(join(folder, 'copy-'));
    await copyRepository(copy);
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      verdicts.set(job.name, await judge(copy, job.fault, job.files));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
});

test.after(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
});

async function judge(
  copy: string,
  fault: Fault | undefined,
  files: readonly string[],
): Promise<Verdict | Error> {
  let undo = async (): Promise<void> => undefined;
  try {
    if (fault !== undefined) undo = await plant(fault, copy);
    return await runTests(copy, files, temporary);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await undo();
  }
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

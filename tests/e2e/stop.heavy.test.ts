// Stopping again and again, as scripts/soak.mjs does it, until a leak would show.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { Child } from './support/child.ts';

const SECONDS_MAX = 280;

const test = suite('stop again and again (end to end)');

test('100 times SIGINT leaves no process, no busy port and no open connection', () =>
  soak('--cli', 100));

test('1,000 times stop() in one process leaves no descriptor and no thread', () =>
  soak('--api', 1_000));

test.run();

async function soak(kind: string, count: number): Promise<void> {
  const child = new Child(process.execPath, ['scripts/soak.mjs', kind, String(count)]);
  const { code } = await child.end(SECONDS_MAX);
  assert.is(code, 0, child.describe('failed'));
  assert.match(child.stdout, new RegExp(`^PASS .*\\b${count} stops`, 'm'));
}

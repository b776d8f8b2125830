// The bounds on the core's instructions: scripts/count-instructions.mjs counts them under callgrind,
// the same number each time, however busy the machine is.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = 'scripts/count-instructions.mjs';
const NOT_HERE = 3;

interface Table {
  readonly operations: Readonly<
    Record<string, { readonly counted: number; readonly bound: number }>
  >;
}

const read = (path: string): string => readFileSync(`${REPOSITORY}/${path}`, 'utf8');
const { operations } = JSON.parse(read('tests/native/instructions.json')) as Table;

const test = suite('native core: instructions');
const product = count();

counting('no operation takes more than its bound', () => {
  console.log(product.said);
  assert.is(product.status, 0, product.said);
  for (const title of Object.keys(operations)) assert.match(product.said, title);
});

counting('a slow path that is put in is above the bounds, and what it does not slow is not', () => {
  const { status, said } = count('--planted');
  assert.is(status, 1, said);
  assert.match(said, /^recv of 64 bytes .* ABOVE$/m);
  assert.match(said, /^clockTime .* ok$/m);
});

test('each bound is a tenth above what was counted, and no more', () => {
  for (const [title, { counted, bound }] of Object.entries(operations)) {
    assert.ok(counted > 0 && bound <= Math.ceil(counted * 1.1), title);
  }
});

test('what is counted is compiled as the addon is', () => {
  const flags = (path: string, list: string): string[] => {
    const [, body = ''] = new RegExp(`^const ${list} = \\[([^;]*)\\];`, 'm').exec(read(path)) ?? [];
    return [...body.matchAll(/'([^']+)'/g)].map(([, flag = '']) => flag);
  };
  const addon = flags('scripts/install-native.mjs', 'FLAGS');
  const changing = addon.filter((flag) => !flag.startsWith('-W') && flag !== '-shared');
  assert.ok(changing.includes('-O2'));
  assert.equal(flags(SCRIPT, 'PRODUCT_FLAGS'), changing);
});

test.run();

function counting(title: string, body: () => void): void {
  if (product.status === NOT_HERE) test.skip(title, product.said.trim());
  else test(title, body);
}

function count(...args: string[]): { status: number | null; said: string } {
  const result = spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  return { status: result.status, said: result.stdout + result.stderr };
}

// docs/costs.md names files and cites counts; they must be those that there are.

import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const test = suite('docs/costs.md');
const urlOf = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(urlOf(path), 'utf8');
const page = read('docs/costs.md');

test('each count that the page cites is that of the table', () => {
  const { operations } = JSON.parse(read('tests/native/instructions.json')) as {
    operations: Record<string, { counted: number }>;
  };
  const cited = [...page.matchAll(/(\d+) \(([^()]+)\)/g)];
  assert.ok(cited.length >= 6);
  for (const [text, counted, title = ''] of cited) {
    assert.is(Number(counted), operations[title]?.counted, text);
  }
});

test('each file that the page names is there', () => {
  const names = [...page.matchAll(/`([\w/-]+\.(?:ts|c))`/g)].map(([, name = '']) => name);
  assert.ok(names.length > 20);
  for (const name of names) {
    const folders = ['host', 'native-host', 'assembly'];
    assert.ok(
      folders.some((folder) => existsSync(urlOf(`${folder}/${name}`))),
      name,
    );
  }
});

test.run();

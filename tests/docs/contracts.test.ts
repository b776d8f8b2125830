// docs/contracts.md prints the Kernel interface; it must be the one of host/kernel/kernel.ts.

import { readFileSync } from 'node:fs';
import ts from 'typescript';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const test = suite('docs/contracts.md');
const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The members of `interface Kernel` as text, without comments and white space. */
function members(source: string): string[] {
  const file = ts.createSourceFile('kernel.ts', source, ts.ScriptTarget.ES2022, true);
  const kernel = file.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'Kernel',
  ) as ts.InterfaceDeclaration | undefined;
  return (kernel?.members ?? []).map((member) => member.getText().replace(/\s+/g, ' '));
}

test('the interface that the page prints is the interface that there is, in its order', () => {
  const [, printed = ''] = /```ts\n([\s\S]*?)```/.exec(read('docs/contracts.md')) ?? [];
  assert.ok(members(printed).length > 20);
  assert.equal(members(printed), members(read('host/kernel/kernel.ts')));
});

test('every link of the pages leads to a file', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/contracts.md',
    'docs/wasi-coverage.md',
    'docs/simulation.md',
  ];
  for (const page of pages) {
    for (const [, link = ''] of read(page).matchAll(/\]\(([^)#:]+)\)/g)) {
      const base = page.includes('/') ? 'docs/' : '';
      assert.not.throws(() => read(base + link), `${page} links ${link}`);
    }
  }
});

test.run();

// docs/neighbours.md speaks of other people's work: each section has its sources, and the README's
// table leads to the sections.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const test = suite('docs/neighbours.md');
const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const page = read('docs/neighbours.md');
const ownSections = ['where-a-preview1-socket-server-stands', 'how-it-was-tried'];

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');

/** The page's sections by their anchors, in its order. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [anchorOf(text.slice(0, text.indexOf('\n'))), text]),
);
const neighbours = [...sections.keys()].filter((anchor) => !ownSections.includes(anchor));

const captured = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, first = '']) => first);

test("the README's table has every neighbour of the page, in its order", () => {
  assert.ok(neighbours.length > 5);
  assert.equal(captured(read('README.md'), /docs\/neighbours\.md#([^)]+)\)/g), neighbours);
});

test('every anchor that the page links is a section of it', () => {
  for (const anchor of captured(page, /\]\(#([^)]+)\)/g)) assert.ok(sections.has(anchor), anchor);
});

test('every neighbour has a source, and says when to take it', () => {
  for (const anchor of neighbours) {
    const text = sections.get(anchor) ?? '';
    assert.match(text, /^\[[\w.-]+\]: https:\/\//m, anchor);
    assert.match(text, /^\*\*Better at\*\* /m, anchor);
    assert.match(text, /^\*\*Take it\*\* /m, anchor);
  }
});

test('every source that the page names is defined once, and every one defined is named', () => {
  const defined = captured(page, /^\[([^\]]+)\]: /gm).sort();
  const named = captured(page.replaceAll('\n', ' '), /\]\[([^\]]+)\]/g);
  assert.equal(defined, [...new Set(named)].sort());
});

test.run();

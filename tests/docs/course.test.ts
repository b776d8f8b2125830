// The course quotes files, runs and experiments; they must be what there is. And nothing of the seed
// may be left out: each of its programs, and each bug that is named in them, has its place.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { platform, release } from 'node:os';
import * as assert from 'uvu/assert';
import { experiments, findCompiler, runExperiment } from '../../docs/course/experiments/run.mjs';
import { figuresOf } from '../../docs/course/figures.mjs';
import { bodyOf, pages, placesOf, readPage } from '../../docs/course/transcripts.mjs';
import { suite } from '../support/suite.ts';

const test = suite('docs/course');
const folder = new URL('../../docs/course/', import.meta.url);
const programs = readdirSync(new URL('../../assembly/programs/', import.meta.url));
const seedPrograms = programs.filter((name) => name.startsWith('seed-'));

const places = pages.flatMap((page) =>
  placesOf(readPage(page)).map((place) => ({ ...place, page })),
);

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** Times, and what depends on how much the machine has, differ from run to run. */
const UNSTEADY = new Set(['scale', 'edge-cost', 'memory', 'limits', 'writable', 'blocking-write']);

test('every link leads to a file, and to a heading or lines that are there', () => {
  for (const page of pages) {
    for (const [, link = ''] of readPage(page).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const url = new URL(path === '' ? page : path, folder);
      assert.ok(existsSync(url), `${page} links ${link}`);
      if (anchor === undefined || /^L\d/.test(anchor)) continue;
      const target = readFileSync(url, 'utf8');
      assert.ok(anchorsOf(target).includes(anchor), `${page} links ${link}`);
    }
  }
});

for (const { page, kind, name, body } of places.filter((place) => place.kind !== 'experiment')) {
  test(`${page} prints what there is: ${kind} ${name}`, async () => {
    assert.is(body, await bodyOf(kind, name));
  });
}

test('every experiment is quoted, and every one that is quoted exists', () => {
  const quoted = new Set(
    places.filter(({ kind }) => kind === 'experiment').map(({ name }) => name),
  );
  quoted.add('set-bits');
  assert.equal([...quoted].sort(), experiments);
});

const whyNoExperiments =
  platform() !== 'linux' || !release().startsWith('6.18.')
    ? 'what experiments print is quoted from Linux 6.18'
    : findCompiler() === undefined
      ? 'experiments need a C compiler'
      : undefined;

for (const { page, kind, name, body } of places) {
  if (kind !== 'experiment') continue;
  const title = `${page} quotes experiment ${name} as it runs here`;
  if (whyNoExperiments !== undefined) test.skip(title, whyNoExperiments);
  else if (!UNSTEADY.has(name)) {
    test(title, async () => assert.is(body, await bodyOf(kind, name)));
  } else {
    test(`${title}, but for its figures`, async () => {
      assert.is(withoutFigures(body), withoutFigures(await bodyOf(kind, name)));
    });
  }
}

/** The words of an output, without its numbers and what surrounds them. */
function withoutFigures(text: string): string {
  return text.replace(/[\s+-]*[\d.,]+/g, ' 0');
}

if (whyNoExperiments !== undefined) test.skip('the figures are drawn from a run', whyNoExperiments);
else {
  test('the figures are drawn from a run', () => {
    const figures = figuresOf(runExperiment('set-bits'));
    for (const [name, svg] of Object.entries(figures)) {
      assert.is(readFileSync(new URL(name, folder), 'utf8'), svg);
    }
  });
}

test('every program of the seed has a row, and every bug that it names is told', () => {
  assert.ok(seedPrograms.length >= 4);
  for (const name of seedPrograms) {
    assert.ok(readPage('table.md').includes(`(../../assembly/programs/${name})`), name);
    const source = readFileSync(
      new URL(`../../assembly/programs/${name}`, import.meta.url),
      'utf8',
    );
    for (const [, id = ''] of source.matchAll(/BUG ([a-z0-9-]+):/g)) {
      assert.match(readPage('bugs.md'), new RegExp(`(### ${id}\n|\\*\\*${id}[.*])`), id);
    }
  }
});

test('every program has its command', () => {
  const headings = anchorsOf(readPage('programs.md'));
  for (const name of programs.map((file) => file.replace('.ts', ''))) {
    const isTold = seedPrograms.includes(`${name}.ts`)
      ? readPage('programs.md').includes(`build/${name}.wasm`)
      : headings.includes(name);
    assert.ok(isTold, name);
  }
});

test.run();

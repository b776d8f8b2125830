// Runs the whole bench, so short that its figures mean nothing: so that it can't rot.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Child, REPOSITORY } from '../e2e/support/child.ts';
import { ROT13_COMMAND } from '../e2e/support/guests.ts';
import { suite } from '../support/suite.ts';
import { benchModule } from './support.ts';

interface Row {
  readonly key: string;
  readonly title: string;
  readonly kind: string;
  readonly rounds: readonly Record<string, Record<string, number | readonly number[]>>[];
}

interface Report {
  readonly machine: object;
  readonly rows: readonly Row[];
  readonly targets: readonly object[];
}

const SECONDS_MAX = 100;
const SERVERS = ['native', 'native, plain echo', 'pollux', 'pollux, reactor', 'node:net'];
const EPOLL_IMPORTS = 'pollux, epoll imports';
const TWINS = ['twin, 1 connection', 'twin, 100 connections', 'twin, 1,000 connections'];

const bench = (...words: string[]): Child =>
  new Child(process.execPath, ['bench/bench.mjs', ...words]);

const test = suite('npm run bench');
const directory = mkdtempSync(join(tmpdir(), 'pollux-bench-'));
const path = join(directory, 'report.json');
const quick = bench('--quick', '--json', path);
let report: Report;

test.before(async () => {
  const { code } = await quick.end(SECONDS_MAX);
  assert.is(code, 0, quick.describe(`exited with ${code}`));
  report = JSON.parse(readFileSync(path, 'utf8')) as Report;
});
test.after(() => rmSync(directory, { recursive: true, force: true }));

test('--quick puts every server into every kind of situation', () => {
  const kinds = new Set(report.rows.map(({ kind }) => kind));
  assert.equal(kinds, new Set(['echo', 'churn', 'memory', 'start', 'twin']));
  for (const { key, kind, rounds } of report.rows) {
    assert.match(quick.stdout, new RegExp(`^${key}: `, 'm'));
    const servers = key.startsWith('idle-') ? [...SERVERS, EPOLL_IMPORTS] : SERVERS;
    for (const name of kind === 'twin' ? TWINS : servers) {
      const figures = rounds[0]?.[name];
      assert.ok(figures, `${key} has no figures of ${name}`);
      for (const [figure, value] of Object.entries(figures)) {
        // A difference of two small amounts of memory may be anything.
        const isPositive = [value].flat().every((one) => one > 0);
        assert.ok(
          kind === 'memory' || isPositive,
          `${key}, ${name}: ${figure} is ${String(value)}`,
        );
      }
    }
  }
});

test('--quick judges no speed', () => {
  assert.equal(report.targets, []);
});

test('the page and its figure tell of every row and server', async () => {
  const { figure } = await benchModule<{ figure: (report: Report) => string }>('report/figure.mjs');
  const { pageText } = await benchModule<{
    pageText: (report: Report, hasFigure: boolean) => string;
  }>('report/page.mjs');
  const page = pageText(report, true);
  const svg = figure(report);
  assert.match(page, /^!\[.+\]\(benchmarks\.svg\)$/m);
  for (const { title } of report.rows) assert.ok(page.includes(`### ${title}\n`), title);
  for (const name of [...SERVERS, EPOLL_IMPORTS]) assert.ok(page.includes(`| ${name} |`), name);
  for (const name of SERVERS.slice(1)) assert.ok(svg.includes(`>${name}</text>`), name);
  assert.not.match(`${page}${svg}`, /NaN|undefined/);
});

/** Another build of Pollux, as --against takes it: from its second start on it does not turn letters. */
function badBuild(name: string): string {
  const build = join(directory, name);
  mkdirSync(join(build, 'dist'), { recursive: true });
  const started = JSON.stringify(join(build, 'started'));
  const plain = `const server = require('node:net').createServer((socket) => {
    socket.on('error', () => {}).pipe(socket);
  });
  server.listen(0, '127.0.0.1', () => {
    console.error('listening on tcp:127.0.0.1:' + server.address().port);
  });`;
  const program = `const { existsSync, writeFileSync } = require('node:fs');
  if (existsSync(${started})) {
    ${plain}
  } else {
    writeFileSync(${started}, '');
    process.argv[3] = ${JSON.stringify(join(REPOSITORY, ROT13_COMMAND))};
    require(${JSON.stringify(join(REPOSITORY, 'dist/cli.cjs'))});
  }`;
  writeFileSync(join(build, 'dist/cli.cjs'), program);
  return build;
}

test('a server that answers one wrong byte ends it with code 1', async () => {
  const build = badBuild('wrong');
  writeFileSync(join(build, 'started'), '');
  const child = bench('--quick', '--only', '10x64', '--against', build);
  assert.equal(await child.end(SECONDS_MAX), { code: 1, signal: null });
  assert.match(child.stderr, /^bench: the load of pollux of .+: load: wrong byte on connection/m);
});

test('what was measured before a server failed is told', async () => {
  const json = join(directory, 'partial.json');
  const words = ['--quick', '--only', '10x64', '--only', 'churn', '--json', json];
  const child = bench(...words, '--against', badBuild('later'));
  assert.equal(await child.end(SECONDS_MAX), { code: 1, signal: null });
  assert.match(child.stdout, /^10x64: /m);
  assert.not.match(child.stdout, /^churn: /m);
  assert.match(child.stderr, /^bench: the load of pollux of .+: load: wrong byte on connection/m);
  const { rows } = JSON.parse(readFileSync(json, 'utf8')) as Report;
  assert.equal(
    rows.map(({ key, rounds }) => [key, rounds.length]),
    [['10x64', 1]],
  );
});

test('a row or an option that does not exist ends it with code 2 and a line', async () => {
  for (const words of [['--only', '7x7'], ['--rounds', 'many'], ['--fast']]) {
    const child = bench(...words);
    assert.equal(await child.end(SECONDS_MAX), { code: 2, signal: null });
    assert.match(child.stderr, /^bench: .+\n$/);
  }
});

test.run();

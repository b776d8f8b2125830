// The command line: what a guest is given, and how its end is told.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { Op, wasm } from '../support/wasm.ts';
import { Child, REPOSITORY } from './support/child.ts';
import { cGuest, withDirectory } from './support/guests.ts';
import { runPollux } from './support/server.ts';

const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  version: string;
};

const test = suite('run (command line)');

test('--version prints the version of the package', async () => {
  const end = await runPollux(['--version']);
  assert.equal(end, { code: 0, signal: null, stdout: `pollux ${version}\n`, stderr: '' });
});

test('npx pollux works in the repository', async () => {
  await withDirectory(async (directory) => {
    // npx links the package into its cache: one of its own, and nothing from a registry.
    const npx = new Child('npx', ['pollux', '--version'], {
      npm_config_cache: directory,
      npm_config_offline: 'true',
      npm_config_ignore_scripts: 'true',
    });
    assert.is((await npx.end(60)).code, 0, npx.stderr);
    assert.is(npx.stdout, `pollux ${version}\n`);
  });
});

for (const args of [[], ['--help'], ['run', '--help']]) {
  test(`${['pollux', ...args].join(' ')} names every option of run`, async () => {
    const end = await runPollux(args);
    assert.is(end.code, 0);
    assert.is(end.stderr, '');
    const network = [
      '--listen',
      '--connect',
      '--connect-timeout',
      '--allow-connect',
      'tcp:',
      'unix:',
    ];
    for (const option of [...network, '--env', '--quiet', '--debug']) {
      assert.ok(end.stdout.includes(option), option);
    }
  });
}

test('every function of a guest is compiled by the optimising compiler', async () => {
  const node = ['--trace-wasm-compilation-times', 'dist/cli.cjs'];
  const child = new Child(process.execPath, [...node, 'run', cGuest('print-env')]);
  assert.is((await child.end(30)).code, 0, child.stderr);
  const compilers = child.stdout.match(/(?<=^Compiled function .* using )\w+/gm) ?? [];
  assert.ok(compilers.length > 5, child.stdout);
  assert.equal([...new Set(compilers)], ['TurboFan']);
});

test('a guest gets its arguments, its environment and the names of its listeners', async () => {
  const named = ['--listen', 'web=tcp:127.0.0.1:0', '--listen', 'tcp:127.0.0.1:0'];
  const env = ['--env', 'A=1', '--env', 'EMPTY=', '--env', 'SUM=1+1=2', '--env', 'FROM_OUTSIDE'];
  const args = ['one', 'two words', '', '--listen', 'ünï'];
  const guest = cGuest('print-env');
  const end = await runPollux(['run', guest, ...named, ...env, '--', ...args], {
    FROM_OUTSIDE: 'seen',
    NOT_GIVEN: 'hidden',
  });
  assert.is(end.code, 0, end.stderr);
  const lines = end.stdout.split('\n').slice(0, -1);
  assert.equal(
    lines.filter((line) => line.startsWith('arg ')),
    ['print-env.wasm', ...args].map((arg, index) => `arg ${index}: ${arg}`),
  );
  assert.equal(lines.filter((line) => line.startsWith('env: ')).sort(), [
    'env: A=1',
    'env: EMPTY=',
    'env: FROM_OUTSIDE=seen',
    'env: LISTEN_FDNAMES=web:listen1',
    'env: LISTEN_FDS=2',
    'env: SUM=1+1=2',
  ]);
});

test('without an option a guest gets nothing', async () => {
  const end = await runPollux(['run', cGuest('print-env')], { NOT_GIVEN: 'hidden' });
  assert.is(end.code, 0, end.stderr);
  assert.not.match(end.stdout, /hidden|PATH/);
});

test('what a guest writes just before its end arrives whole', async () => {
  const long = 'x'.repeat(100_000);
  const end = await runPollux(['run', cGuest('print-env'), '--', long, long, long]);
  assert.is(end.code, 0, end.stderr);
  for (const index of [1, 2, 3]) assert.ok(end.stdout.includes(`arg ${index}: ${long}\n`));
});

test('--quiet keeps the line back', async () => {
  const args = ['run', cGuest('print-env'), '--listen', 'tcp:127.0.0.1:0'];
  assert.match(
    (await runPollux(args)).stderr,
    /^pollux: listening on tcp:127\.0\.0\.1:\d+ \(.*\)\n$/,
  );
  assert.is((await runPollux([...args, '--quiet'])).stderr, '');
});

for (const code of [0, 1, 7, 124, 255]) {
  test(`a guest's exit code ${code} is ours, and nothing is said`, async () => {
    const end = await runPollux(['run', cGuest('exit-with'), '--', String(code)]);
    assert.equal(end, { code, signal: null, stdout: '', stderr: '' });
  });
}

for (const code of [256, 300, 100_000]) {
  test(`a guest's exit code ${code} becomes 255, and a line says so`, async () => {
    const end = await runPollux(['run', cGuest('exit-with'), '--', String(code)]);
    assert.is(end.code, 255);
    assert.match(end.stderr, new RegExp(`^pollux: [^\\n]*\\b${code}\\b[^\\n]*\\n$`));
  });
}

test('a trap exits 134, and a line says which', async () => {
  const end = await runPollux(['run', cGuest('trap')]);
  assert.is(end.code, 134);
  assert.match(end.stderr, /^pollux: [^\n]*unreachable[^\n]*\n$/);
});

test('what a module calls its functions does not reach the terminal in a stack trace', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'named.wasm');
    const names = ['\u001b]0;title\u0007\u001b[2J\u009b31m\u202eevil'];
    writeFileSync(path, wasm({ functions: { _start: ['->', Op.UNREACHABLE] }, names }));
    const { code, stderr } = await runPollux(['run', path, '--debug']);
    assert.is(code, 134);
    assert.match(stderr, 'at ?]0;title??[2J?31m?evil (wasm://');
    assert.not.match(stderr, /[^\P{C}\n]/u);
  });
});

test.run();

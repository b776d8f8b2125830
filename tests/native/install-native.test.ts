// Runs install-native.mjs in a copy of what it needs, so that the real addon stays as it is.

import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { withPlantedVersion } from '../package/planted.ts';
import { suite } from '../support/suite.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const OUTPUT = 'build/native/pollux.node';

const test = suite('install-native');

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A package as npm has it after unpacking. */
function makePackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-install-'));
  folders.push(folder);
  for (const name of ['scripts/install-native.mjs', 'native-host', 'package.json']) {
    cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function install(
  folder: string,
  env: Record<string, string> = {},
  ...args: string[]
): { status: number | null; output: string } {
  const script = join(folder, 'scripts/install-native.mjs');
  // The environment of the test may ask for other compilers or flags.
  const clean = { PATH: process.env['PATH'] ?? '', ...env };
  const result = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: clean });
  return { status: result.status, output: result.stdout + result.stderr };
}

/** Puts a file in the addon's place that is newer than every source. Gives its time, in seconds. */
function placeAddon(folder: string): number {
  const path = join(folder, OUTPUT);
  const time = Date.parse('2040-01-01') / 1000;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  utimesSync(path, time, time);
  return time;
}

function placePrebuilt(folder: string, bytes: Uint8Array): void {
  const path = join(folder, 'prebuilds', `linux-${process.arch}`, 'pollux.node');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

const noLinux =
  process.platform === 'linux' ? undefined : `the addon is for Linux, not ${process.platform}`;
const noCompiler =
  spawnSync('cc', ['--version']).error === undefined ? noLinux : 'there is no C compiler';

const onLinux = (title: string, body: () => void): void =>
  noLinux === undefined ? test(title, body) : test.skip(title, noLinux);
const compiling = (title: string, body: () => void): void =>
  noCompiler === undefined ? test(title, body) : test.skip(title, noCompiler);

compiling('it compiles an addon that loads, and says so in one line', () => {
  const folder = makePackage();
  const { status, output } = install(folder);
  assert.is(output, 'pollux native: built by cc\n');
  assert.is(status, 0);
  const load = `console.log(Object.keys(require(${JSON.stringify(join(folder, OUTPUT))})).join())`;
  const { stdout } = spawnSync(process.execPath, ['-e', load], { encoding: 'utf8' });
  assert.match(stdout, /createKernel/);
});

compiling('--if-stale compiles only when a source is newer', () => {
  const folder = makePackage();
  const time = placeAddon(folder);
  assert.equal(install(folder, {}, '--if-stale'), { status: 0, output: '' });
  assert.is(statSync(join(folder, OUTPUT)).size, 0);
  utimesSync(join(folder, 'native-host/core/clocks.h'), time + 1, time + 1);
  const { output } = install(folder, { POLLUX_CFLAGS: '-O0' }, '--if-stale');
  assert.match(output, /clocks\.h has changed\n.*built by cc/);
  assert.ok(statSync(join(folder, OUTPUT)).size > 0);
});

compiling('an error of the compiler is shown in full, and leaves the old addon', () => {
  const folder = makePackage();
  placeAddon(folder);
  appendFileSync(join(folder, 'native-host/core/wake.c'), '\nint broken = unknown_name;\n');
  const { status, output } = install(folder, { POLLUX_CFLAGS: '-O0' });
  assert.is(status, 1);
  assert.match(output, /wake\.c.*unknown_name[^]*NOT BUILT/);
  assert.equal(readdirSync(join(folder, 'build/native')), ['pollux.node']);
});

compiling('flags are added', () => {
  const folder = makePackage();
  const { status, output } = install(folder, { POLLUX_CFLAGS: '-fno-such-flag  -g' });
  assert.is(status, 1);
  assert.match(output, /-fno-such-flag/);
});

onLinux('without a compiler it says what is missing and goes on, unless it must not', () => {
  const folder = makePackage();
  const { status, output } = install(folder, { CC: 'no-such-compiler' });
  assert.is(status, 0);
  assert.match(output, /NOT BUILT.*no-such-compiler.*apt-get install gcc.*npm rebuild/);
  assert.is(install(folder, { CC: 'no-such-compiler', POLLUX_NATIVE: 'required' }).status, 1);
});

compiling('a prebuilt addon is used, and one that was compiled before is not', () => {
  const folder = makePackage();
  placePrebuilt(folder, readFileSync(join(REPOSITORY, OUTPUT)));
  placeAddon(folder);
  const { status, output } = install(folder, { CC: 'no-such-compiler' });
  assert.equal({ status, output }, { status: 0, output: 'pollux native: prebuilt\n' });
  assert.not(existsSync(join(folder, OUTPUT)));
});

compiling('a prebuilt addon for a newer libc gives way to one that is compiled', () => {
  const folder = makePackage();
  placePrebuilt(folder, withPlantedVersion(readFileSync(join(REPOSITORY, OUTPUT))));
  const { status, output } = install(folder, { POLLUX_CFLAGS: '-O0' });
  assert.match(
    output,
    /^pollux native: the prebuilt .*GLIBC_9\.99.*\npollux native: built by cc\n$/,
  );
  assert.is(status, 0);
  assert.ok(existsSync(join(folder, OUTPUT)));
});

onLinux('a prebuilt addon that does not load, and no compiler: both are told', () => {
  const folder = makePackage();
  placePrebuilt(folder, Buffer.from('no ELF'));
  const without = { CC: 'no-such-compiler' };
  const { status, output } = install(folder, without);
  assert.match(
    output,
    /^pollux native: the prebuilt .*\npollux native: NOT BUILT.*npm rebuild\.\n$/,
  );
  assert.is(status, 0);
  assert.is(install(folder, { ...without, POLLUX_NATIVE: 'required' }).status, 1);
});

compiling('a prebuilt addon of other sources than those beside it is not used', () => {
  const folder = makePackage();
  placePrebuilt(folder, readFileSync(join(REPOSITORY, OUTPUT)));
  writeFileSync(join(folder, 'native-host/glue/abi.h'), '#define POLLUX_ABI 9999\n');
  const { output } = install(folder, { CC: 'no-such-compiler' });
  assert.match(output, /^pollux native: the prebuilt .*\(ABI \d+, not 9999\)\n.*NOT BUILT/);
});

compiling('a build does not look at a prebuilt addon', () => {
  const folder = makePackage();
  placePrebuilt(folder, readFileSync(join(REPOSITORY, OUTPUT)));
  const { output } = install(folder, { POLLUX_CFLAGS: '-O0' }, '--if-stale');
  assert.is(output, 'pollux native: built by cc\n');
});

test('an unknown option is refused', () => {
  const { status, output } = install(makePackage(), {}, '--if-stael');
  assert.is(status, 2);
  assert.match(output, /--if-stael/);
});

test.run();

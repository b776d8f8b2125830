// How the addon is found, in a copy of the sources with and without one.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const LOADER = import.meta.resolve('tsx');

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A package with our sources and `name`, and no addon. */
function makePackage(name = 'pollux'): string {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-binding-'));
  folders.push(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, type: 'module' }));
  for (const part of ['host/base', 'host/kernel']) {
    cpSync(join(REPOSITORY, part), join(folder, part), { recursive: true });
  }
  return folder;
}

/** Loads the addon in a process of its own: prints the error, or how the kernel waits. */
function load(folder: string, platform = process.platform, addon?: string): string {
  const script = `
    Object.defineProperty(process, 'platform', { value: ${JSON.stringify(platform)} });
    const { NativeKernel } = await import(${JSON.stringify(
      join(folder, 'host/kernel/native/native-kernel.ts'),
    )});
    try {
      console.log(new NativeKernel().capabilities.demux);
    } catch (error) {
      console.log(error.name, error.code, error.message);
    }`;
  const args = ['--import', LOADER, '--input-type=module', '--eval', script];
  const env = { ...process.env, POLLUX_ADDON: addon };
  const result = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  assert.is(result.stderr, '');
  return result.stdout.trimEnd();
}

function placeAddon(folder: string, ...path: string[]): void {
  mkdirSync(join(folder, ...path), { recursive: true });
  cpSync(join(REPOSITORY, 'build/native/pollux.node'), join(folder, ...path, 'pollux.node'));
}

const test = suite('binding');

test('without an addon the error says in one line what to install', () => {
  const said = load(makePackage(), 'linux');
  assert.match(said, /^PolluxError NO_ADDON .*a C compiler.*apt-get install gcc.*npm rebuild$/);
});

test('on another system the error says that the native kernel needs Linux', () => {
  assert.match(load(makePackage(), 'darwin'), /^PolluxError NO_ADDON .*needs Linux.*darwin$/);
});

test('a file that is no addon is told by its own error', () => {
  const folder = makePackage();
  mkdirSync(join(folder, 'build/native'), { recursive: true });
  writeFileSync(join(folder, 'build/native/pollux.node'), 'no ELF');
  assert.match(load(folder, 'linux'), /^PolluxError NO_ADDON .*can't be loaded \(.*npm rebuild$/);
});

test('no package.json of ours above the sources is told', () => {
  assert.match(load(makePackage('other'), 'linux'), /^PolluxError NO_ADDON .*package\.json/);
});

test('POLLUX_ADDON with no file there is told', () => {
  const said = load(makePackage(), 'linux', '/nowhere/pollux.node');
  assert.is(said, 'PolluxError NO_ADDON POLLUX_ADDON names no file: /nowhere/pollux.node');
});

if (process.platform === 'linux') {
  test('an addon of another version is told in one line, with the way out', () => {
    const folder = makePackage();
    placeAddon(folder, 'build', 'native');
    const binding = join(folder, 'host/kernel/native/binding.ts');
    const text = readFileSync(binding, 'utf8');
    const other = text.replace(/^export const ABI = \d+;$/m, 'export const ABI = 9999;');
    assert.is.not(other, text);
    writeFileSync(binding, other);
    const told = /^PolluxError NO_ADDON .*another version.*is \d+, not 9999.*npm rebuild pollux.*$/;
    assert.match(load(folder), told);
  });

  test('an addon that was compiled here is found', () => {
    const folder = makePackage();
    placeAddon(folder, 'build', 'native');
    assert.is(load(folder), 'epoll');
  });

  test('a prebuilt addon is found', () => {
    const folder = makePackage();
    placeAddon(folder, 'prebuilds', `linux-${process.arch}`);
    assert.is(load(folder), 'epoll');
  });

  test('an addon that was compiled here comes before a prebuilt one', () => {
    const folder = makePackage();
    placeAddon(folder, 'build', 'native');
    mkdirSync(join(folder, `prebuilds/linux-${process.arch}`), { recursive: true });
    writeFileSync(join(folder, `prebuilds/linux-${process.arch}/pollux.node`), 'no ELF');
    assert.is(load(folder), 'epoll');
  });

  test('the addon that POLLUX_ADDON names comes before all others', () => {
    const folder = makePackage();
    placeAddon(folder, 'elsewhere');
    mkdirSync(join(folder, 'build/native'), { recursive: true });
    writeFileSync(join(folder, 'build/native/pollux.node'), 'no ELF');
    assert.is(load(folder, 'linux', join(folder, 'elsewhere/pollux.node')), 'epoll');
  });
}

test.run();

// What the addon may need of the system, and that a file which needs more is found out: files as a
// newer system's compiler makes them are planted.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { REPOSITORY } from './checkout.ts';
import { VERSION_PLANTED, VERSION_REPLACED, withName, withPlantedVersion } from './planted.ts';

interface Needs {
  readonly libraries: readonly string[];
  readonly versions: readonly { library: string; version: string; symbols: readonly string[] }[];
}

const { readNeeds } = await script<{ readNeeds: (bytes: Buffer) => Needs }>('elf-needs.mjs');
const { portabilityProblems } = await script<{
  portabilityProblems: (bytes: Buffer) => string[];
}>('portability.mjs');

/** A module of scripts/, with types: they are plain JavaScript. */
async function script<T>(name: string): Promise<T> {
  return (await import(new URL(`../../scripts/${name}`, import.meta.url).href)) as T;
}

const test = suite('portability');

const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
const unavailable =
  process.platform !== 'linux'
    ? `the addon is for Linux, not ${process.platform}`
    : glibc.glibcVersionRuntime === undefined
      ? 'the addon is not compiled for glibc here'
      : undefined;
const onGlibc = (title: string, body: (addon: Buffer) => void): void => {
  if (unavailable !== undefined) test.skip(title, unavailable);
  else test(title, () => body(readFileSync(join(REPOSITORY, 'build/native/pollux.node'))));
};

onGlibc('the addon needs glibc alone, and no version after 2.28', (addon) => {
  assert.equal(portabilityProblems(addon), []);
});

onGlibc('each version is read with the symbols that are bound to it', (addon) => {
  const { libraries, versions } = readNeeds(addon);
  assert.equal(libraries, ['libc.so.6']);
  const getrandom = versions.filter(({ symbols }) => symbols.includes('getrandom'));
  assert.equal(getrandom, [
    { library: 'libc.so.6', version: VERSION_REPLACED, symbols: ['getrandom'] },
  ]);
});

onGlibc('the addon names a function that musl lacks, so that musl refuses it', (addon) => {
  const symbols = readNeeds(addon).versions.flatMap((version) => version.symbols);
  assert.ok(symbols.includes('gnu_get_libc_version'));
});

onGlibc('a version that is too new is told, with what needs it', (addon) => {
  assert.equal(portabilityProblems(withPlantedVersion(addon)), [
    `it needs ${VERSION_PLANTED} of libc.so.6 for getrandom, and 2.28 must do`,
  ]);
});

onGlibc('a version that is no number stands for something newer', (addon) => {
  const planted = withName(addon, VERSION_REPLACED, 'GLIBC_ABIX');
  assert.match(portabilityProblems(planted).join(), /^it needs GLIBC_ABIX /);
});

onGlibc('another library is told, and that glibc is not used', (addon) => {
  assert.equal(portabilityProblems(withName(addon, 'libc.so.6', 'libc.so\0\0')), [
    'it needs libc.so',
    'it does not use glibc',
  ]);
});

onGlibc('a file that was cut short is refused', (addon) => {
  for (const lengthBytes of [3, 16, 63, 64, 4096, addon.length - 64]) {
    assert.throws(() => portabilityProblems(addon.subarray(0, lengthBytes)), `${lengthBytes}`);
  }
});

test('a file that is no ELF file of 64 bits is refused', () => {
  assert.throws(() => portabilityProblems(Buffer.from('\0asm')), /no ELF file$/);
  const bits32 = Buffer.from('\x7fELF\x01\x01\x01', 'latin1');
  assert.throws(() => portabilityProblems(bits32), /64 bits/);
});

test.run();

// What is made for the package before it is packed, in copies of the repository. Compilers are
// planted that make what must not be packed.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { makeCheckout, makeFolder, REPOSITORY } from './checkout.ts';
import { withName, withPlantedVersion } from './planted.ts';

const PREBUILT = `prebuilds/linux-${process.arch}/pollux.node`;
const BUILT = join(REPOSITORY, 'build/native/pollux.node');

const test = suite('prebuild');

const unavailable =
  process.platform !== 'linux'
    ? `a package is made on Linux, not on ${process.platform}`
    : spawnSync('cc', ['--version']).error !== undefined
      ? 'there is no C compiler'
      : undefined;
const onLinux = (title: string, body: () => void): void =>
  unavailable === undefined ? test(title, body) : test.skip(title, unavailable);

function prebuild(folder: string, compiler = 'cc'): { status: number | null; output: string } {
  const env = { PATH: process.env['PATH'] ?? '', CC: compiler, POLLUX_CFLAGS: '-g' };
  const script = join(folder, 'scripts/prebuild.mjs');
  const result = spawnSync(process.execPath, [script], { encoding: 'utf8', env });
  return { status: result.status, output: result.stdout + result.stderr };
}

/** A command that takes a compiler's arguments and gives `addon` for whatever it is to compile. */
function plantCompiler(addon: Buffer): string {
  const folder = makeFolder();
  const path = join(folder, 'cc');
  writeFileSync(join(folder, 'addon'), addon);
  writeFileSync(path, `#!/bin/sh\nfor last; do :; done\ncp '${join(folder, 'addon')}' "$last"\n`);
  chmodSync(path, 0o755);
  return path;
}

let built: string | undefined;

/** A checkout after a prebuild that went well. */
function prebuilt(): string {
  if (built !== undefined) return built;
  const folder = makeCheckout();
  assert.equal(prebuild(folder), { status: 0, output: 'pollux native: built by cc\n' });
  built = folder;
  return folder;
}

onLinux('an addon and the headers with their license are added to what is built', () => {
  const folder = prebuilt();
  assert.ok(existsSync(join(folder, PREBUILT)));
  assert.equal(readdirSync(join(folder, 'build/node-api-headers')), ['LICENSE', 'include']);
  assert.ok(existsSync(join(folder, 'build/node-api-headers/include/node_api.h')));
});

onLinux('the same sources give the same addon in whatever folder, stripped', () => {
  const elsewhere = makeCheckout();
  assert.is(prebuild(elsewhere).status, 0);
  const addon = readFileSync(join(prebuilt(), PREBUILT));
  assert.ok(addon.equals(readFileSync(join(elsewhere, PREBUILT))));
  // The names of sections that are for debuggers.
  assert.not(addon.includes('.symtab') || addon.includes('.debug'));
});

const REFUSED: readonly { what: string; says: RegExp; plant: (folder: string) => Buffer }[] = [
  {
    what: 'needs a newer libc',
    says: /^prebuild: .*GLIBC_9\.99 of libc\.so\.6 for getrandom/m,
    plant: () => withPlantedVersion(readFileSync(BUILT)),
  },
  {
    what: 'is for another libc',
    says: /^prebuild: .*it needs libc\.so; it does not use glibc/m,
    plant: () => withName(readFileSync(BUILT), 'libc.so.6', 'libc.so\0\0'),
  },
  {
    what: 'names a folder of this machine',
    says: /^prebuild: .*names a folder/m,
    plant: (folder) => Buffer.concat([readFileSync(BUILT), Buffer.from(`${folder}/native-host`)]),
  },
  {
    what: 'is for another processor',
    says: /^prebuild: .*does not load here/m,
    plant: () => withMachine(readFileSync(BUILT), 0),
  },
  {
    what: 'is none',
    says: /^prebuild: .*no ELF file/m,
    plant: () => Buffer.from('no ELF'),
  },
];

/** e_machine, the processor. Source: elf(5). */
function withMachine(addon: Buffer, machine: number): Buffer {
  const planted = Buffer.from(addon);
  planted.writeUInt16LE(machine, 18);
  return planted;
}

for (const { what, says, plant } of REFUSED) {
  onLinux(`an addon that ${what} is refused and does not stay`, () => {
    const folder = makeCheckout();
    const { status, output } = prebuild(folder, plantCompiler(plant(folder)));
    assert.match(output, says);
    assert.is(status, 1);
    assert.not(existsSync(join(folder, PREBUILT)));
  });
}

onLinux('without a compiler nothing is packed', () => {
  const { status, output } = prebuild(makeCheckout(), 'no-such-compiler');
  assert.match(output, /NOT BUILT.*no-such-compiler[^]*^prebuild: .*see above$/m);
  assert.is(status, 1);
});

test.run();

// npm runs this before it packs (prepack), on a checkout that is built: adds what only the package
// has. That is the addon, compiled for this processor and any Linux with glibc 2.28 or newer, and
// the headers of Node-API, with which an installation elsewhere compiles its own.
//
//   node scripts/prebuild.mjs
//
//   CC=clang   which compiler (cc)
//
// It refuses an addon that would not load somewhere, rather than leave that to be found there.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { portabilityProblems } from './portability.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ADDON = join(ROOT, 'prebuilds', `${process.platform}-${process.arch}`, 'pollux.node');
const HEADERS = join(ROOT, 'build', 'node-api-headers');

process.exitCode = main();

function main() {
  if (process.platform !== 'linux') {
    return refuse(`a package is made on Linux, and this is ${process.platform}`);
  }
  rmSync(join(ROOT, 'prebuilds'), { recursive: true, force: true });
  if (!compileAddon()) return refuse('the addon can not be compiled: see above');
  const problem = findProblem();
  if (problem !== undefined) {
    rmSync(ADDON);
    return refuse(`the addon is not for everyone: ${problem}`);
  }
  copyHeaders();
  return 0;
}

function refuse(reason) {
  console.error(`prebuild: ${reason}`);
  return 1;
}

/** With the flags of every other build, and none of the environment's; without its symbols. */
function compileAddon() {
  const env = {
    ...process.env,
    POLLUX_ADDON: ADDON,
    POLLUX_CFLAGS: '-s',
    POLLUX_NATIVE: 'required',
  };
  const script = join(ROOT, 'scripts', 'install-native.mjs');
  return spawnSync(process.execPath, [script], { env, stdio: 'inherit' }).status === 0;
}

/** Why the addon must not be packed, or undefined. */
function findProblem() {
  const bytes = readFileSync(ADDON);
  if (bytes.includes(ROOT)) return `it names a folder of this machine, ${ROOT}`;
  try {
    const problems = portabilityProblems(bytes);
    if (problems.length > 0) return problems.join('; ');
  } catch (error) {
    return error.message;
  }
  // In a process of its own: what is for another processor may end it.
  const loaded = spawnSync(process.execPath, ['-e', 'require(process.argv[1])', ADDON], {
    encoding: 'utf8',
  });
  return loaded.status === 0 ? undefined : `it does not load here\n${loaded.stderr}`;
}

function copyHeaders() {
  const manifest = createRequire(import.meta.url).resolve('node-api-headers/package.json');
  rmSync(HEADERS, { recursive: true, force: true });
  mkdirSync(HEADERS, { recursive: true });
  // With the license, which asks for that.
  for (const name of ['include', 'LICENSE']) {
    cpSync(join(dirname(manifest), name), join(HEADERS, name), { recursive: true });
  }
}

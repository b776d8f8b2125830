// Makes sure that the native addon is there: npm runs this after an installation. It takes the
// prebuilt addon of the package where that works, and else compiles one with a C compiler; it
// downloads nothing and needs no node-gyp.
//
//   node scripts/install-native.mjs [--if-stale]
//
//   --if-stale              compile, and only when a source is newer than the addon
//   CC=clang                which compiler (cc)
//   POLLUX_CFLAGS="-g ..."  flags to add
//   POLLUX_ADDON=PATH       where the addon goes, if not to build/native/pollux.node
//   POLLUX_NATIVE=required  fail where there is no compiler or no Linux (else say so and go on)

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = join(ROOT, 'native-host');
const OUTPUT = process.env.POLLUX_ADDON
  ? resolve(process.env.POLLUX_ADDON)
  : join(ROOT, 'build', 'native', 'pollux.node');
const PREBUILT = join(ROOT, 'prebuilds', `${process.platform}-${process.arch}`, 'pollux.node');
/** In a package: scripts/prebuild.mjs puts them there. */
const PACKED_HEADERS = join(ROOT, 'build', 'node-api-headers', 'include');

const FLAGS = [
  '-std=c11',
  '-D_GNU_SOURCE',
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion'],
  ...['-O2', '-fPIC', '-fvisibility=hidden', '-shared'],
];

process.exitCode = main(process.argv.slice(2));

function main(args) {
  const unknown = args.find((arg) => arg !== '--if-stale');
  if (unknown !== undefined) {
    console.error(`install-native: unknown option ${unknown}; there is only --if-stale`);
    return 2;
  }
  if (process.platform !== 'linux') {
    return withoutAddon(`the native kernel needs Linux, and this is ${process.platform}.`);
  }
  if (args.includes('--if-stale')) return isStale() ? compile() : 0;
  if (process.env.POLLUX_ADDON || !existsSync(PREBUILT)) return compile();
  const problem = prebuiltProblem();
  if (problem === undefined) return usePrebuilt();
  console.log(`pollux native: the prebuilt addon can't be used here (${problem})`);
  return compile();
}

/**
 * Why the prebuilt addon can't be used, or undefined. It is loaded in a process of its own: what is
 * for another libc or processor may also end that.
 */
function prebuiltProblem() {
  const load =
    'try { console.log(`ABI ${require(process.argv[1]).abi}`); }' +
    "catch (error) { console.log(error.message.split('\\n')[0]); }";
  const { error, signal, stdout } = spawnSync(process.execPath, ['-e', load, PREBUILT], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (error !== undefined) return error.message;
  if (signal !== null) return `it ends Node by ${signal}`;
  const source = readFileSync(join(SOURCES, 'glue', 'abi.h'), 'utf8');
  const abi = /^#define POLLUX_ABI (\d+)$/m.exec(source)?.[1];
  const said = stdout.trim();
  if (said === `ABI ${abi}`) return undefined;
  return said.startsWith('ABI ') ? `${said}, not ${abi}` : said;
}

function usePrebuilt() {
  // One that was compiled here would be loaded first.
  rmSync(OUTPUT, { force: true });
  console.log('pollux native: prebuilt');
  return 0;
}

function compile() {
  const headers = findHeaders();
  if (headers === undefined) {
    return withoutAddon(
      "there are no headers of Node-API: the package node-api-headers is missing, and Node's own " +
        'are not installed. Run npm install, or install libnode-dev.',
    );
  }
  const compiler = process.env.CC || 'cc';
  const [command, ...compilerArgs] = words(compiler);
  const building = `${OUTPUT}.${process.pid}`;
  mkdirSync(dirname(OUTPUT), { recursive: true });
  const result = spawnSync(
    command,
    [
      ...compilerArgs,
      ...FLAGS,
      ...words(process.env.POLLUX_CFLAGS ?? ''),
      ...['-isystem', headers],
      ...filesBelow(SOURCES)
        .filter((path) => path.endsWith('.c'))
        .map((path) => relative(ROOT, path)),
      ...['-o', building],
    ],
    // From the root: an assertion names its file as the compiler was told it, and an addon for
    // others must not name this machine's folders.
    { encoding: 'utf8', cwd: ROOT },
  );
  if (result.error !== undefined) {
    return withoutAddon(
      `there is no C compiler (${compiler}: ${result.error.code}). Install one, such as gcc ` +
        '(apt-get install gcc libc6-dev), then run npm rebuild.',
    );
  }
  process.stderr.write(result.stdout + result.stderr);
  if (result.status !== 0) {
    rmSync(building, { force: true });
    console.error(`pollux native: NOT BUILT, ${compiler} failed: see above`);
    return 1;
  }
  // In one step, so that no process loads half an addon; and a new file, since writing into one
  // that a process has loaded would crash it.
  renameSync(building, OUTPUT);
  console.log(`pollux native: built by ${compiler}`);
  return 0;
}

/** Says what is missing. No failure unless asked for: an installation must not end here. */
function withoutAddon(reason) {
  console.log(`pollux native: NOT BUILT, ${reason}`);
  return process.env.POLLUX_NATIVE === 'required' ? 1 : 0;
}

/** The folder of node_api.h: our own, or of the package node-api-headers, this Node, the system. */
function findHeaders() {
  const own = [
    join(dirname(process.execPath), '..', 'include', 'node'),
    '/usr/include/node',
    '/usr/local/include/node',
  ];
  return [PACKED_HEADERS, ...packageHeaders(), ...own].find((folder) =>
    existsSync(join(folder, 'node_api.h')),
  );
}

function packageHeaders() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node-api-headers/package.json');
    return [join(dirname(manifest), 'include')];
  } catch {
    return []; // not installed
  }
}

/** True when the addon is missing, or a source, or this file, is newer. */
function isStale() {
  if (!existsSync(OUTPUT)) return true;
  const built = statSync(OUTPUT).mtimeMs;
  const inputs = [...filesBelow(SOURCES), fileURLToPath(import.meta.url)];
  const newer = inputs.find((path) => statSync(path).mtimeMs > built);
  if (newer !== undefined) console.log(`pollux native: ${relative(ROOT, newer)} has changed`);
  return newer !== undefined;
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function words(text) {
  return text.split(/\s+/).filter((word) => word !== '');
}

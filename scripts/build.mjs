// npm run build: the addon, the guests, and the host. What is up to date is left alone.
//
//   node scripts/build.mjs [--release]
//
//   --release   as it is packed: without source maps, which are as large as all the rest

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildGuests } from './build-guests.mjs';
import { buildTypes } from './build-types.mjs';

const { values: options } = parseArgs({
  options: { release: { type: 'boolean', default: false } },
});
const root = fileURLToPath(new URL('..', import.meta.url));

/** See host/runtime/threads.ts. */
const DEFINE = { BUILT_THREAD_EXTENSION: '".cjs"' };

/** esbuild's own 'use strict' comes after this, where it means nothing. */
const COMMONJS_BEGINNING = `'use strict';
const MODULE_URL = require('node:url').pathToFileURL(__filename).href;`;

const COMMON = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: !options.release,
  chunkNames: 'chunk-[hash]',
  define: DEFINE,
  logLevel: 'warning',
};

execFileSync(process.execPath, ['scripts/install-native.mjs', '--if-stale'], {
  cwd: root,
  stdio: 'inherit',
});
await buildGuests({ force: false });
rmSync(`${root}/dist`, { recursive: true, force: true });
// What a program imports shares its classes: an error of the one is an `instanceof` of the other's.
await bundle({
  splitting: true,
  entryPoints: { index: 'host/index.ts', trace: 'host/trace/index.ts', sim: 'host/sim.ts' },
});
// What is run is one file each, and CommonJS: loading twenty takes 10 ms of a start, and Node's loader
// of modules 5 ms of each thread. That loader also loses a descriptor when its thread is ended.
await bundle({
  entryPoints: {
    cli: 'host/cli/main.ts',
    'reactor-thread': 'host/runtime/reactor-thread.ts',
    'record-thread': 'host/runtime/record-thread.ts',
  },
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  banner: { js: COMMONJS_BEGINNING },
  define: { ...DEFINE, 'import.meta.url': 'MODULE_URL' },
});
buildTypes();

async function bundle(options) {
  await build({ ...COMMON, ...options });
}

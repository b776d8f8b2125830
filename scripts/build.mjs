// npm run build: the addon, the guests, and the host. What is up to date is left alone.

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildGuests } from './build-guests.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

execFileSync(process.execPath, ['scripts/install-native.mjs', '--if-stale'], {
  cwd: root,
  stdio: 'inherit',
});
await buildGuests({ force: false });
rmSync(`${root}/dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: {
    index: 'host/index.ts',
    sim: 'host/sim.ts',
    cli: 'host/cli/main.ts',
    'reactor-thread': 'host/runtime/reactor-thread.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  chunkNames: 'chunk-[hash]',
  logLevel: 'warning',
});
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
  cwd: root,
  stdio: 'inherit',
});

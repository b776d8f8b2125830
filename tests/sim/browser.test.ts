// The twin runs in a page: its modules bundle for a browser, and none of them needs Node.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const test = suite('the twin in a page');

/** Bundles for a browser, where `node:` can't be resolved. @returns what the bundle is made of */
async function bundleInputs(path: string): Promise<string[]> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(path, import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return Object.keys(result.metafile.inputs);
}

test('the simulated kernel bundles without a module of Node', async () => {
  const inputs = await bundleInputs('../../host/kernel/sim/sim-kernel.ts');
  assert.ok(inputs.some((path) => path.endsWith('host/kernel/sim/tcp-socket.ts')));
});

test('the public API of the twin bundles without a module of Node', async () => {
  const inputs = await bundleInputs('../../host/sim.ts');
  assert.ok(inputs.some((path) => path.endsWith('host/wasi/poll.ts')));
});

test('a module of Node would not bundle', async () => {
  let message = '';
  await bundleInputs('../../host/runtime/listen.ts').catch((error: unknown) => {
    message = String(error);
  });
  assert.match(message, /node:/);
});

test.run();

// Two tests of a user's, the same for each framework. The second fails under one seed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { forAllSeeds, simulate } from 'pollux/sim';

const bytes = readFileSync(new URL('../../../build/rot13-echo.wasm', import.meta.url));

export const TESTS = {
  'a server answers, whatever the network does with its bytes': () =>
    forAllSeeds(3, async (seed) => assert.equal(await answer(seed), 'Uryyb\n')),
  'a server answers, but not under seed 2': () =>
    forAllSeeds(3, async (seed) => assert.equal(await answer(seed), seed === 2 ? '' : 'Uryyb\n')),
};

async function answer(seed) {
  const world = await simulate(bytes, { seed, segmentBytes: [1, 3] });
  const client = world.connect();
  client.send('Hello\n');
  world.run();
  return client.text();
}

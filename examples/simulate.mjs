// Tests a server's logic in a simulated world: first as a loopback would, then with a network that
// cuts and delays what is sent, which finds the bug of line-lengths.c within a few seeds.
//
//     npm run build && node examples/simulate.mjs

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { forAllSeeds, simulate } from 'pollux/sim';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
execFileSync('node', [path('../tests/guests/build-c-guests.mjs'), path('line-lengths.c')]);
const bytes = readFileSync(path('../build/guests/line-lengths.wasm'));

const world = await simulate(bytes);
const client = world.connect().send('hello\nworld\n');
world.run();
console.log(`a line at a time: ${client.text().split('\n').join(' ').trim()}`);

await forAllSeeds(100, async (seed) => {
  const world = await simulate(bytes, { seed, segmentBytes: [1, 20], latencyMs: [0, 5] });
  const client = world.connect().send('hello\nworld\n');
  world.run();
  const answer = client.text();
  if (answer === '5\n5\n') return;
  throw new Error(`"hello\\nworld\\n" was answered with ${JSON.stringify(answer)}`);
}).catch((error) => console.log(`found: ${error.message}`));

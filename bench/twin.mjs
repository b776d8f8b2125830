// How fast the twin is: events of a simulated world in a second of CPU time, from wasm, hash on. An
// event is a call of the kernel, a segment that arrives, or a timer. Prints PASS or FAIL for each
// row, and exits 1 on a FAIL.
//
//     node bench/twin.mjs [--quick]       after npm run build; --quick judges nothing

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { simulate } from 'pollux/sim';

const EVENTS_PER_SECOND_MIN = 1_000_000;
const ROUNDS = 5;
const MESSAGE_BYTES = 64;

const isQuick = process.argv.includes('--quick');
const eventCountMin = isQuick ? 1000 : 1_000_000;
const path = fileURLToPath(new URL('../build/rot13-echo.reactor.wasm', import.meta.url));
const bytes = readFileSync(path);
const message = new Uint8Array(MESSAGE_BYTES).fill(0x61);

for (const connections of [1, 100, 1000]) {
  const figures = [];
  for (let round = 0; round < ROUNDS; round++) figures.push(await measure(connections));
  const median = figures.sort((a, b) => a - b)[ROUNDS >> 1];
  const isPass = median >= EVENTS_PER_SECOND_MIN;
  const verdict = isQuick ? '' : isPass ? '  PASS' : '  FAIL';
  const shown = Math.round(median).toLocaleString('en-US');
  console.log(`${connections} connections, ${MESSAGE_BYTES} bytes: ${shown} events/s${verdict}`);
  if (!isPass && !isQuick) process.exitCode = 1;
}

/** Echoes until enough has happened. @returns events per second of CPU time */
async function measure(connections) {
  const world = await simulate(bytes, { callBudget: Infinity });
  const clients = Array.from({ length: connections }, () => world.connect());
  world.run();
  const echo = (until) => {
    while (world.eventCount < until) {
      for (const client of clients) client.send(message);
      world.run();
    }
  };
  echo(world.eventCount + eventCountMin / 5);
  const [start, startCpu] = [world.eventCount, process.cpuUsage()];
  echo(start + eventCountMin);
  const { user, system } = process.cpuUsage(startCpu);
  const last = clients.at(-1).bytes();
  if (last.length === 0 || last.some((byte) => byte !== 0x6e)) throw new Error('a wrong answer');
  return (world.eventCount - start) / ((user + system) / 1e6);
}

// How fast the twin is: the CPU time of one event of a simulated world, from wasm, hash on. An event
// is a call of the kernel, a segment that arrives, or a timer. Run as a process of its own, by
// measure.mjs:
//
//     node bench/twin.mjs CONNECTIONS EVENTS      prints the microseconds of one event

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { simulate } from '../dist/sim.js';

const MESSAGE_BYTES = 64;

const [connections, events] = process.argv.slice(2).map(Number);
const path = fileURLToPath(new URL('../build/rot13-echo.reactor.wasm', import.meta.url));
const message = new Uint8Array(MESSAGE_BYTES).fill(0x61);

const world = await simulate(readFileSync(path), { callBudget: Infinity });
const clients = Array.from({ length: connections }, () => world.connect());
world.run();
// Until V8 has compiled what is used.
echoUntil(world.eventCount + events / 5);
const from = world.eventCount;
const cpuFrom = process.cpuUsage();
echoUntil(from + events);
const { user, system } = process.cpuUsage(cpuFrom);
const last = clients.at(-1).bytes();
if (last.length === 0 || last.some((byte) => byte !== 0x6e)) throw new Error('a wrong answer');
console.log((user + system) / (world.eventCount - from));

function echoUntil(count) {
  while (world.eventCount < count) {
    for (const client of clients) client.send(message);
    world.run();
  }
}

// node bench/echo-instructions.mjs [--connections N] [--bytes N] [--no-batching]: how many instructions
// of user code one echo takes, by room, and by function for JavaScript and wasm. It steps the guest's
// thread through them (native/step.c), so that the figure is the same however busy the machine is; what
// differs is how V8 has compiled the functions, how many connections a turn finds ready, and, since
// stepping is slow, whether a turn is slow enough for its answers to be sent at once.
//
// Exit code: 0, 1 when the thread can't be stepped here, 3 on another architecture than x64.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Host, polluxServer } from './contenders.mjs';
import { chooseCores } from './cores.mjs';
import { nativePrograms } from './native.mjs';
import { userRoomOf } from './rooms.mjs';

const WARM_UP_MS = 3000;
const LOAD_MS = 600_000; // for longer than stepping takes; it is ended then
const STEPS_COUNT = 400_000;

/** How V8 calls an import, by its parameters: of what the guest imports, one alone has each. */
const POLL_ONEOFF = /^JS:wasm-to-js:iiii:i/;
const SOCK_RECV = /^JS:wasm-to-js:iiiiii:i/;

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '50' },
    bytes: { type: 'string', default: '64' },
    'no-batching': { type: 'boolean', default: false },
  },
});
process.exitCode = await main();

async function main() {
  if (process.arch !== 'x64') {
    console.error('echo-instructions: only on x64');
    return 3;
  }
  const programs = nativePrograms();
  const { addresses, places } = await step(programs);
  // From the first wait to the last one: a part of a turn would be parts of an echo.
  const waits = places.entryOf(POLL_ONEOFF);
  const turns = addresses.slice(addresses.indexOf(waits), addresses.lastIndexOf(waits));
  const receives = places.entryOf(SOCK_RECV);
  let echoes = 0;
  const rooms = new Map();
  const functions = new Map();
  for (const address of turns) {
    if (address === receives) echoes += 1;
    const { room, name } = places.at(address);
    rooms.set(room, (rooms.get(room) ?? 0) + 1);
    if (name !== undefined) functions.set(name, (functions.get(name) ?? 0) + 1);
  }
  const print = (name, count) =>
    console.log(`${(count / echoes).toFixed(0).padStart(6)}  ${name.slice(0, 100)}`);
  console.log(
    `instructions of one echo of ${values.bytes} bytes, ${values.connections} connections`,
  );
  print('sum', turns.length);
  for (const [name, count] of byCount(rooms)) print(name, count);
  console.log('by function');
  for (const [name, count] of byCount(functions)) if (count >= echoes) print(name, count);
  return 0;
}

/** Loads a server and steps it. @returns what it did, and what lies where in its memory */
async function step(programs) {
  const contender = polluxServer(programs, { isBatching: !values['no-batching'] });
  const host = new Host(programs, chooseCores());
  const server = await host.start(contender, ['--perf-basic-prof']);
  const { pid } = server.child;
  const situation = { mode: 'echo', connections: values.connections, idle: 0, bytes: values.bytes };
  const load = await host.load({ ...situation, contender, server });
  try {
    await load.ask(`run ${WARM_UP_MS}`);
    load.ask(`run ${LOAD_MS}`).catch(() => {}); // it is ended before
    const bytes = execFileSync(programs.step, [busiestThread(pid), String(STEPS_COUNT)], {
      maxBuffer: 8 * STEPS_COUNT + 1,
    });
    const addresses = new BigUint64Array(new Uint8Array(bytes).buffer);
    return { addresses: Array.from(addresses, Number), places: placesOf(pid) };
  } finally {
    await load.stop('SIGKILL');
    await server.child.stop('SIGKILL');
    rmSync(codeMapOf(pid), { force: true });
  }
}

/** The guest's. */
function busiestThread(pid) {
  const spent = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { thread, ticks: Number(fields[11]) + Number(fields[12]) };
  });
  return spent.sort((a, b) => b.ticks - a.ticks)[0].thread;
}

// ---- what lies where ----------------------------------------------------------------------------

/** What V8 tells of its code. */
function codeMapOf(pid) {
  return `/tmp/perf-${pid}.map`;
}

/** @returns `{ at, entryOf }`: what lies at an address, and where a function begins. */
function placesOf(pid) {
  const files = filesOf(pid);
  const code = codeOf(pid);
  const known = new Map();
  const find = (address) => {
    const compiled = lastAtOrBefore(code, address);
    if (compiled !== undefined && address < compiled.end) {
      return { room: userRoomOf(compiled.name, ''), name: compiled.name };
    }
    const file = files.find(({ start, end }) => address >= start && address < end);
    return { room: userRoomOf('', file?.path ?? '') };
  };
  return {
    at: (address) => {
      if (!known.has(address)) known.set(address, find(address));
      return known.get(address);
    },
    entryOf: (name) => {
      const found = code.find((one) => name.test(one.name));
      if (found === undefined) throw new Error(`V8 has compiled nothing that is called ${name}`);
      return found.start;
    },
  };
}

/** The code that comes from files. */
function filesOf(pid) {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) ..x. \S+ \S+ \d+ +(\/.*)$/gm)].map(
    ([, start, end, path]) => ({ start: parseInt(start, 16), end: parseInt(end, 16), path }),
  );
}

/** What V8 has compiled, by rising address; of code that was moved or collected, the last. */
function codeOf(pid) {
  const byStart = new Map();
  for (const line of readFileSync(codeMapOf(pid), 'utf8').split('\n')) {
    const found = /^([0-9a-f]+) ([0-9a-f]+) (.*)$/.exec(line);
    if (found === null) continue;
    const start = parseInt(found[1], 16);
    byStart.set(start, { start, end: start + parseInt(found[2], 16), name: found[3] });
  }
  return [...byStart.values()].sort((a, b) => a.start - b.start);
}

function lastAtOrBefore(sorted, address) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle].start <= address) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}

function byCount(map) {
  return [...map].sort(([, a], [, b]) => b - a);
}

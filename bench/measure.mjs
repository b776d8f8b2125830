// Measures one row of one round: every contender in the same situation, at the same time of day, in
// slices that take turns, so that what disturbs one disturbs them all.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './child.mjs';
import { listeningPort } from './contenders.mjs';
import { count } from './rows.mjs';
import { median } from './statistics.mjs';

/** Short, so that what disturbs one server for a while disturbs the next one, too. */
const SLICE_MS = 100;
const WARM_UP_SLICE_MS = 100;
const NS_PER_US = 1000;

/** A server that rests is given this long to collect its garbage. */
const REST_MS = 130;
const COLLECT = fileURLToPath(new URL('collect-when-idle.cjs', import.meta.url));

const TWIN = fileURLToPath(new URL('twin.mjs', import.meta.url));

/** What a world with so many connections is called. */
const twinName = (connections) =>
  connections === 1 ? 'twin, 1 connection' : `twin, ${count(connections)} connections`;

/** How often a server is started for one figure. */
const STARTS_COUNT = 3;

/** The name of what starting is compared with. */
export const NODE_ALONE = 'node -e 0';

/**
 * @param row one of rows.mjs.
 * @param {{ contenders, host, seconds: number, warmUpMs: number, order: number, sliceMs?: number }} run
 *   `seconds`: how long each contender is loaded; `order`: who begins; `sliceMs`: by turns of how much.
 * @returns {Promise<Record<string, object>>} the figures, by the contender's name.
 */
export function measureRow(row, run) {
  if (row.kind === 'memory') return measureMemory(row, run);
  if (row.kind === 'start') return measureStarts(run);
  if (row.kind === 'twin') return measureTwin(row);
  return measureTraffic(row, run);
}

// ---- traffic ----------------------------------------------------------------------------------

async function measureTraffic(row, run) {
  const { contenders, host, seconds, warmUpMs, order, sliceMs: wantedMs = SLICE_MS } = run;
  const lanes = [];
  try {
    for (const contender of rotated(contenders, order)) {
      const server = await host.start(contender);
      const lane = { contender, server, slices: [] };
      lanes.push(lane);
      if (row.held > 0) lane.holder = await host.load(holding(row.held, { contender, server }));
      lane.load = await host.load({ ...row, contender, server, mode: row.kind });
      await warmUp(lane.load, warmUpMs);
    }
    const slicesCount = Math.max(1, Math.round((seconds * 1000) / wantedMs));
    const sliceMs = Math.round((seconds * 1000) / slicesCount);
    for (let slice = 0; slice < slicesCount; slice += 1) {
      for (const { load, slices } of rotated(lanes, slice)) {
        slices.push(JSON.parse(await load.ask(`run ${sliceMs}`)));
      }
    }
  } finally {
    for (const { load } of lanes) await load?.stop('SIGKILL');
    for (const { holder } of lanes) await holder?.stop('SIGKILL');
    for (const { server } of lanes) await server.child.stop('SIGKILL');
  }
  return Object.fromEntries(lanes.map(({ contender, slices }) => [contender.name, total(slices)]));
}

/** A load that holds connections, of which one could speak. */
function holding(connections, target) {
  return { ...target, mode: 'echo', connections: 1, bytes: 64, idle: connections - 1 };
}

/** By the server's own time: where others want its core, a second of the clock may be nothing. */
async function warmUp(load, warmUpMs) {
  let spentNs = 0;
  while (spentNs < warmUpMs * 1e6) {
    spentNs += JSON.parse(await load.ask(`run ${Math.min(warmUpMs, WARM_UP_SLICE_MS)}`)).serverNs;
  }
  await load.ask('forget');
}

function total(slices) {
  const sum = (name) => slices.reduce((so, slice) => so + slice[name], 0);
  const echoes = sum('echoes');
  // The latencies of a load go on from slice to slice.
  const last = slices.at(-1);
  return {
    cpuUs: sum('serverNs') / echoes / NS_PER_US,
    slicesCpuUs: slices.map((slice) => slice.serverNs / slice.echoes / NS_PER_US),
    clientCpuUs: sum('clientNs') / echoes / NS_PER_US,
    perSecond: (echoes * 1e9) / sum('wallNs'),
    p50Us: last.p50Ns / NS_PER_US,
    p99Us: last.p99Ns / NS_PER_US,
    p999Us: last.p999Ns / NS_PER_US,
  };
}

// ---- memory -----------------------------------------------------------------------------------

/** The slope, so that what a server takes to be there at all does not count. */
async function measureMemory({ few, many, rests }, { contenders, host, warmUpMs }) {
  const figures = {};
  for (const contender of contenders) {
    const server = await host.start(contender, ['--expose-gc', '--require', COLLECT]);
    const loads = [];
    const hold = async (connections) => {
      loads.push(await host.load(holding(connections, { contender, server })));
      return restingBytes(server, loads.at(-1), rests);
    };
    try {
      // What an engine compiles when connections come and go is not the connections' memory.
      const churn = { mode: 'churn', connections: 4, bytes: 64, idle: 0 };
      loads.push(await host.load({ ...churn, contender, server }));
      await warmUp(loads[0], warmUpMs);
      const before = await hold(few);
      const after = await hold(many - few);
      figures[contender.name] = { connectionBytes: (after - before) / (many - few) };
    } finally {
      for (const load of loads) await load.stop('SIGKILL');
      await server.child.stop('SIGKILL');
    }
  }
  return figures;
}

/** The memory of a server that has rested and collected its garbage, so often. */
async function restingBytes(server, load, rests) {
  for (let rest = 0; rest < rests; rest += 1) {
    await delay(REST_MS);
    await load.ask('run 1');
  }
  const rollup = readFileSync(`/proc/${server.child.pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss_Anon:\s+(\d+) kB$/m.exec(rollup)[1]) * 1024;
}

// ---- starts -----------------------------------------------------------------------------------

async function measureStarts({ contenders }) {
  const times = new Map([NODE_ALONE, ...contenders.map(({ name }) => name)].map((n) => [n, []]));
  for (let start = 0; start < STARTS_COUNT; start += 1) {
    times.get(NODE_ALONE).push(await nodeAloneMs());
    for (const { name, command } of contenders) times.get(name).push(await startMs(name, command));
  }
  return Object.fromEntries([...times].map(([name, ms]) => [name, { startMs: median(ms) }]));
}

async function startMs(name, command) {
  const fromMs = performance.now();
  const child = new Child(name, command, { lines: 'stderr' });
  await listeningPort(child);
  const ms = performance.now() - fromMs;
  await child.stop('SIGKILL');
  return ms;
}

async function nodeAloneMs() {
  const fromMs = performance.now();
  await new Child(NODE_ALONE, [process.execPath, '-e', '0']).ended;
  return performance.now() - fromMs;
}

// ---- the twin ---------------------------------------------------------------------------------

/** By how many connections a world has. */
async function measureTwin({ connections, events }) {
  const figures = {};
  for (const clients of connections) {
    const child = new Child('the twin', [process.execPath, TWIN, String(clients), String(events)]);
    figures[twinName(clients)] = { eventUs: Number(await child.line()) };
    await child.ended;
  }
  return figures;
}

/** So that no one is always first. */
function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

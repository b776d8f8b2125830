// The load client: active connections that send and check whole streams, beside idle ones that must
// still be served at the end. A process of its own: it holds as many descriptors as the server.
//
//     node --import tsx tests/e2e/support/load-client.ts --address tcp:127.0.0.1:PORT
//       --active N --bytes B    N connections that send B to B + 64 KiB each
//       --idle M                M connections that say nothing until the end
//       --at-once K             so many of the active ones at a time (all)
//       --answer rot13|same     what the server answers (rot13)
//       --cut                   the server will be stopped: a stream may end anywhere
//       --held                  the active ones send nothing until a line comes by standard input
//       --seed S                repeats a run
//
// Prints a line of JSON for each event: `start`, `connected` (with --held), `flowing` (all are
// connected, and every active one has had bytes back) and `totals`. On the first thing that is wrong:
// `failure`, and exit 1.

import { once } from 'node:events';
import { parseArgs } from 'node:util';
import {
  ActiveConnection,
  type ConnectionOptions,
  type Failure,
  IdleConnection,
} from './load-connection.ts';
import { Random } from './random.ts';
import { PIECE_BYTES_MAX, StreamContent } from './stream-content.ts';
import { targetOf } from './target.ts';

const CLOSES_EARLY_SHARE = 0.4;
const SLOW_SHARE = 0.1;
/** Connects under way at a time: fewer than a server's backlog. */
const CONNECTS_MAX = 200;
const SILENCE_SECONDS_MAX = 30;

const { values } = parseArgs({
  options: {
    address: { type: 'string', multiple: true, default: [] },
    active: { type: 'string', default: '0' },
    idle: { type: 'string', default: '0' },
    bytes: { type: 'string', default: '1' },
    'at-once': { type: 'string' },
    answer: { type: 'string', default: 'rot13' },
    cut: { type: 'boolean', default: false },
    held: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});

const seed = Number(values.seed);
const activeCount = Number(values.active);
const idleCount = Number(values.idle);
const bytesMin = Number(values.bytes);
const atOnceMax = Number(values['at-once'] ?? activeCount);
const targets = values.address.map(targetOf);
const content = new StreamContent(seed, values.answer === 'same' ? 'same' : 'rot13');

const actives: ActiveConnection[] = [];
const idles: IdleConnection[] = [];
let flowingCount = 0;
/** Connects and connections that came to their end. */
let progressCount = 0;
let progressBefore = -1;
let silentSeconds = 0;

const startMs = performance.now();
tell('start', { seed, active: activeCount, idle: idleCount });
const watch = setInterval(watchProgress, 1000);

idles.push(...(await connectAll(activeCount, idleCount, (each) => new IdleConnection(each))));
if (activeCount === 0) tell('flowing', {});
for (let first = 0; first < activeCount; first += atOnceMax) {
  await runBatch(first, Math.min(atOnceMax, activeCount - first));
}
for (const idle of idles) {
  await (values.cut ? idle.cut() : idle.probe());
  progressCount += 1;
}
clearInterval(watch);
tell('totals', totals());

/** Connects `count` actives, and then lets all of them go at once. */
async function runBatch(first: number, count: number): Promise<void> {
  const batch = await connectAll(first, count, makeActive);
  actives.push(...batch);
  if (values.held) {
    tell('connected', {});
    await once(process.stdin, 'data');
    process.stdin.pause();
  }
  await Promise.all(
    batch.map(async (connection) => {
      await connection.run();
      progressCount += 1;
    }),
  );
}

function makeActive(options: ConnectionOptions): ActiveConnection {
  const random = new Random(seed, 1 + options.index);
  const behaviour = {
    bytes: bytesMin + random.below(PIECE_BYTES_MAX),
    closesEarly: random.chance(CLOSES_EARLY_SHARE),
    isSlow: random.chance(SLOW_SHARE),
  };
  return new ActiveConnection(options, behaviour, random);
}

function countFlowing(): void {
  flowingCount += 1;
  if (flowingCount === activeCount) tell('flowing', {});
}

/** Opens `count` connections, some at a time; they are spread over the addresses in turn. */
async function connectAll<T extends { connected(): Promise<void> }>(
  first: number,
  count: number,
  make: (options: ConnectionOptions) => T,
): Promise<T[]> {
  const connections: T[] = [];
  const lane = async (): Promise<void> => {
    while (connections.length < count) {
      const index = first + connections.length;
      const target = targets[index % targets.length];
      if (target === undefined) throw new Error('--address is missing');
      const connection = make({
        index,
        target,
        content,
        mayBeCut: values.cut,
        fail,
        onFirstByte: countFlowing,
      });
      connections.push(connection);
      await connection.connected();
      progressCount += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTS_MAX }, lane));
  return connections;
}

/** Ends a run in which nothing happens any more, and says who is stuck. */
function watchProgress(): void {
  const progress = progressCount + sum((connection) => connection.receivedBytes);
  silentSeconds = progress === progressBefore ? silentSeconds + 1 : 0;
  progressBefore = progress;
  if (silentSeconds < SILENCE_SECONDS_MAX) return;
  const stuck = [...actives, ...idles].find(({ isDone }) => !isDone);
  fail({
    connection: stuck?.index ?? -1,
    offset: stuck?.receivedBytes ?? 0,
    reason: `nothing happened for ${SILENCE_SECONDS_MAX} s, and this is the first that waits`,
  });
}

function totals(): object {
  return {
    seconds: Math.round(performance.now() - startMs) / 1000,
    sentBytes: sum((connection) => connection.sentBytes),
    receivedBytes: sum((connection) => connection.receivedBytes),
    closedEarly: sum((connection) => Number(connection.behaviour.closesEarly)),
    slow: sum((connection) => Number(connection.behaviour.isSlow)),
    pauses: sum((connection) => connection.pauseCount),
    cut: [...actives, ...idles].filter(({ wasCut }) => wasCut).length,
    idleAnswered: idles.filter(({ wasCut }) => !wasCut).length,
  };
}

function sum(valueOf: (connection: ActiveConnection) => number): number {
  return actives.reduce((total, connection) => total + valueOf(connection), 0);
}

function fail(failure: Failure): never {
  tell('failure', { ...failure, seed });
  process.exit(1);
}

function tell(event: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}

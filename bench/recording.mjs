// node bench/recording.mjs [--rounds N] [--seconds S]: what recording costs, as CPU time of the whole
// process per echo against the same server without it, by the means of npm run bench; and how fast
// a recording of 64-byte echoes is replayed.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openRecording, replay } from '../dist/trace.js';
import { Host } from './contenders.mjs';
import { chooseCores } from './cores.mjs';
import { measureRow } from './measure.mjs';
import { nativePrograms } from './native.mjs';
import { pairedRatio, summarize } from './statistics.mjs';
import { ROUNDS_FIRST, verdictOf } from './targets.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PLAIN = 'pollux';
const RECORDING = 'pollux, recording';

/** Of the time without recording. */
const ROWS = [
  { connections: 50, bytes: 64, limit: 1.05 },
  { connections: 50, bytes: 4096, limit: 1.3 },
];

/** Long, since what a recording still writes behind the end of a slice is not counted. */
const SLICE_MS = 500;

const REPLAY_PER_SECOND_LEAST = 500_000;
const REPLAYS_COUNT = 5;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: String(ROUNDS_FIRST) },
    seconds: { type: 'string', default: '5' },
  },
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
const directory = mkdtempSync(join(tmpdir(), 'pollux-bench-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const host = new Host(nativePrograms(), chooseCores());
let isMissed = false;
for (const { connections, bytes, limit } of ROWS) {
  const ratios = [];
  for (let order = 0; order < Number(values.rounds); order += 1) {
    const row = { kind: 'echo', connections, bytes, idle: 0 };
    const run = { contenders: contenders(), host, seconds: Number(values.seconds) };
    const figures = await measureRow(row, { ...run, warmUpMs: 1000, order, sliceMs: SLICE_MS });
    ratios.push(pairedRatio(figures[RECORDING].slicesCpuUs, figures[PLAIN].slicesCpuUs));
    // A second of this can be half a gigabyte.
    for (const file of readdirSync(directory)) rmSync(join(directory, file));
  }
  const summary = summarize(ratios);
  const verdict = verdictOf(summary, limit);
  const { median, low, high } = summary;
  const figure = [median, low, high].map((ratio) => ratio.toFixed(3));
  process.stdout.write(
    `${verdict}  ${connections} connections, ${bytes} bytes: ${figure[0]} of the time without ` +
      `recording (${figure[1]} to ${figure[2]}), at most ${limit}\n`,
  );
  isMissed ||= verdict === 'FAIL';
}
const perSecond = await replaySpeed();
const isFast = perSecond >= REPLAY_PER_SECOND_LEAST;
process.stdout.write(
  `${isFast ? 'PASS' : 'FAIL'}  replay: ${Math.round(perSecond).toLocaleString('en-US')} calls a ` +
    `second, at least ${REPLAY_PER_SECOND_LEAST.toLocaleString('en-US')}\n`,
);
process.exit(isMissed || !isFast ? 1 : 0);

/** Records echoes of 64 bytes and replays them, the best of a few times. @returns calls a second */
async function replaySpeed() {
  const row = { kind: 'echo', connections: 50, bytes: 64, idle: 0 };
  const [, recorded] = contenders();
  await measureRow(row, { contenders: [recorded], host, seconds: 0.5, warmUpMs: 200, order: 0 });
  const recording = openRecording(readFileSync(join(directory, readdirSync(directory)[0])));
  const module = new WebAssembly.Module(recording.module());
  let best = 0;
  for (let time = 0; time < REPLAYS_COUNT; time += 1) {
    const replayed = replay(recording);
    const fromMs = performance.now();
    const { calls } = replayed.run(() => new WebAssembly.Instance(module, replayed.imports));
    best = Math.max(best, (calls * 1000) / (performance.now() - fromMs));
  }
  return best;
}

/** A recording is never written over: each process names its own after itself. */
function contenders() {
  const command = `exec "${process.execPath}" "${join(ROOT, 'dist/cli.cjs')}" run \
    "${join(ROOT, 'build/rot13-echo.wasm')}" --listen tcp:127.0.0.1:0`;
  return [
    { name: PLAIN, command: ['sh', '-c', command] },
    { name: RECORDING, command: ['sh', '-c', `${command} --record "${directory}/$$.plx"`] },
  ];
}

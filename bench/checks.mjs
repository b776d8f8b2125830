// The bench's own honesty: it counts the CPU time of all threads, and its native server's rot13 is
// no slower than the guest's.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';

const SPIN_MS = 200;
/** The part of the time spun that must be counted. */
const COUNTED_LEAST = 0.9;

const SPEED_BYTES = 16_384;
const SPEED_TRIES = 300;
const SPEED_ROUNDS = 200;
const PAGE_BYTES = 65_536;
/** The native rot13 must reach this part of the guest's speed. */
const SPEED_LEAST = 0.9;

const KERNELS = fileURLToPath(new URL('../build/guest-kernels.wasm', import.meta.url));

/** Spins in a worker for so much CPU time, ends the worker, says so, and stays. */
const SPINNER = `
  const { Worker } = require('node:worker_threads');
  const spin = \`
    const from = process.cpuUsage();
    let spent;
    do {
      spent = process.cpuUsage(from);
    } while (spent.user + spent.system < ${SPIN_MS * 1000});
  \`;
  process.stdin.once('data', () => {
    new Worker(spin, { eval: true }).on('exit', () => console.log('spun'));
  });
`;

/** @throws Error when time that a thread spent, which has ended, is missing. */
export async function checkCpuClock(programs) {
  const child = new Child('the spinning worker', [process.execPath, '-e', SPINNER]);
  const cpuMs = () => Number(execFileSync(programs.load, ['cpu', String(child.pid)])) / 1e6;
  const before = cpuMs();
  await child.ask('spin');
  const counted = cpuMs() - before;
  await child.stop('SIGKILL');
  if (counted >= COUNTED_LEAST * SPIN_MS) return { spunMs: SPIN_MS, countedMs: counted };
  throw new Error(`a worker spun for ${SPIN_MS} ms of CPU time, and ${counted} ms were counted`);
}

/** @returns bytes per second of both. @throws Error when the native one is too slow to compare. */
export function checkSpeed(programs) {
  const native = Number(execFileSync(programs.server, ['--speed', String(SPEED_BYTES)]));
  const guest = guestSpeed();
  if (native >= SPEED_LEAST * guest) return { nativeBytesPerS: native, guestBytesPerS: guest };
  const [slow, fast] = [native, guest].map((speed) => (speed / 1e9).toFixed(1));
  throw new Error(`the native rot13 turns ${slow} GB/s and the guest's ${fast}: no fair baseline`);
}

/** The guest's rot13 by itself, in V8's optimized tier. The best of many tries, as the native. */
function guestSpeed() {
  const module = new WebAssembly.Module(readFileSync(KERNELS));
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [name]: () => 0 };
  }
  const { memory, rot13 } = new WebAssembly.Instance(module, imports).exports;
  const at = memory.grow(1) * PAGE_BYTES;
  new Uint8Array(memory.buffer, at).fill(0x6e);
  let leastMs = Infinity;
  for (let attempt = 0; attempt < SPEED_TRIES; attempt += 1) {
    const fromMs = performance.now();
    for (let round = 0; round < SPEED_ROUNDS; round += 1) rot13(at, SPEED_BYTES);
    leastMs = Math.min(leastMs, performance.now() - fromMs);
  }
  return (SPEED_BYTES * SPEED_ROUNDS * 1000) / leastMs;
}

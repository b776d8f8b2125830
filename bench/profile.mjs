// node bench/profile.mjs [--bytes N | --churn] [--no-batching]: where the time of one echo goes (of 64
// bytes, or N), or of one connection that comes, echoes and goes, by room, for Pollux and for the native
// server. It samples the servers with perf (Debian's linux-perf) while 50 connections load them, and
// shares each server's CPU time out by its samples.
//
// Exit codes: 0; 1 when a server or the load fails; 2 wrong usage; 3 when there is no perf here.

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BASELINE, contenders, Host, polluxServer } from './contenders.mjs';
import { chooseCores } from './cores.mjs';
import { nativePrograms } from './native.mjs';
import { positive, readOptions, UsageError } from './options.mjs';
import { CODE_ROOMS, FILE_ROOMS, OTHER_ROOM, userRoomOf } from './rooms.mjs';

const SAMPLE_MS = 6000;
/** perf begins and ends inside of the time that the load lasts. */
const MARGIN_MS = 1000;
const SAMPLES_PER_S = 4999;

/** The first that fits the innermost frame, or any frame of a stack for what the kernel does. */
const KERNEL_ROOMS = [
  ['kernel: recv', /^__x64_sys_recvfrom$|^__arm64_sys_recvfrom$|^io_recv$/],
  ['kernel: send', /^__x64_sys_sendto$|^__arm64_sys_sendto$|^io_send$/],
  ['kernel: accept', /sys_accept4$/],
  ['kernel: close', /sys_close$/],
  ['kernel: epoll_ctl', /sys_epoll_ctl$/],
  ['kernel: wait', /sys_epoll_p?wait/],
  ['kernel: io_uring', /sys_io_uring_enter/],
];
const OTHER_KERNEL = 'kernel: interrupts, switches, entry';
const WARM_UP_MS = 2000;
/** V8 has settled how it compiles connections that come and go after some 10 s. */
const CHURN_WARM_UP_MS = 12_000;
const OPTIONS = {
  bytes: { type: 'string' },
  churn: { type: 'boolean', default: false },
  'no-batching': { type: 'boolean', default: false },
};

try {
  process.exitCode = await main(readOptions(process.argv.slice(2), OPTIONS));
} catch (error) {
  console.error(`profile: ${error.message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main({ churn: isChurn, 'no-batching': withoutBatching, ...values }) {
  const bytes = positive('--bytes', values.bytes, { isWhole: true }) ?? 64;
  const mode = isChurn ? 'churn' : 'echo';
  const situation = { mode, connections: 50, idle: 0, bytes };
  const warmUpMs = isChurn ? CHURN_WARM_UP_MS : WARM_UP_MS;
  if (spawnSync('perf', ['--version']).status !== 0) {
    console.error('profile: there is no perf (apt-get install linux-perf)');
    return 3;
  }
  const programs = nativePrograms();
  const host = new Host(programs, chooseCores());
  const columns = [];
  const native = contenders(programs).find(({ name }) => name === BASELINE);
  const pollux = polluxServer(programs, { isBatching: !withoutBatching });
  for (const contender of [native, pollux]) {
    columns.push({
      name: contender.name,
      ...(await profile(contender, host, situation, warmUpMs)),
    });
  }
  print(isChurn ? 'connection' : `${bytes}-byte echo`, columns);
  return 0;
}

/** @returns `{ cpuNs, rooms }`: of one echo or connection, and each room's part of it. */
async function profile(contender, host, situation, warmUpMs) {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-profile-'));
  const server = await host.start(contender, ['--perf-basic-prof']);
  let load;
  try {
    load = await host.load({ ...situation, contender, server });
    await load.ask(`run ${warmUpMs}`);
    const answer = load.ask(`run ${SAMPLE_MS + 2 * MARGIN_MS}`);
    const data = join(folder, 'perf.data');
    const seconds = String(SAMPLE_MS / 1000);
    await promisify(execFile)('perf', [
      ...['record', '-q', '-g', '-e', 'cpu-clock', '-F', String(SAMPLES_PER_S), '-o', data],
      ...['-p', String(server.child.pid), '--', 'sleep', seconds],
    ]);
    const { serverNs, echoes } = JSON.parse(await answer);
    const script = spawnSync('perf', ['script', '-i', data, '-F', 'ip,sym,dso'], {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    return { cpuNs: serverNs / echoes, rooms: countRooms(script.stdout) };
  } finally {
    await load?.stop('SIGKILL');
    await server.child.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of a perf script: how many samples each room has. A stack is a paragraph, innermost first. */
function countRooms(script) {
  const rooms = new Map();
  for (const stack of script.split('\n\n')) {
    const frames = [...stack.matchAll(/^\s*[0-9a-f]+ (?<name>.*) \((?<file>.*)\)$/gm)];
    if (frames.length === 0) continue;
    const room = roomOf(frames.map(({ groups }) => groups));
    rooms.set(room, (rooms.get(room) ?? 0) + 1);
  }
  return rooms;
}

function roomOf(frames) {
  const [{ name, file }] = frames;
  if (/kallsyms|^\[kernel|vmlinux|\.ko/.test(file)) {
    const found = KERNEL_ROOMS.find(([, is]) => frames.some((frame) => is.test(frame.name)));
    return found?.[0] ?? OTHER_KERNEL;
  }
  return userRoomOf(name, file);
}

function print(what, columns) {
  const names = [...KERNEL_ROOMS, [OTHER_KERNEL], ...CODE_ROOMS, ...FILE_ROOMS, [OTHER_ROOM]];
  const line = (cells) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(36) : cell.padStart(10))).join('');
  console.log(line([`ns of one ${what}`, ...columns.map(({ name }) => name)]));
  for (const [room] of names) {
    if (!columns.some(({ rooms }) => rooms.has(room))) continue;
    console.log(line([room, ...columns.map((column) => nsOf(column, room).toFixed(0))]));
  }
  console.log(line(['sum', ...columns.map(({ cpuNs }) => cpuNs.toFixed(0))]));
}

function nsOf({ cpuNs, rooms }, room) {
  const all = [...rooms.values()].reduce((sum, count) => sum + count, 0);
  return (cpuNs * (rooms.get(room) ?? 0)) / all;
}

// Runs one row of the table in this process, by the built package, and checks what came of it: the
// answer, that a fresh guest is served as if nothing had been, and that no descriptor is left.
//
//     node build/tests/hostile-calls.js ID     exit code 0: as the table says

import { once } from 'node:events';
import { readdirSync, writeSync } from 'node:fs';
import net from 'node:net';
import { inspect, isDeepStrictEqual } from 'node:util';
import { type Guest, PolluxError, run } from 'pollux';
import { Errno } from '../../host/base/errno.ts';
import { expectedReport, reportDifference, stepsGuest } from './guest.ts';
import { Neighbour } from './neighbour.ts';
import type { ModuleRow, RefusedRow, Row, Scene, StepsRow } from './row.ts';
import { Streams } from './streams.ts';
import { findRow } from './table.ts';
import { TestClient } from './test-client.ts';

/** A refusal is for a person to read: one short line without a terminal's commands. */
const REFUSAL_LENGTH_MAX = 1000;
const LOOK_AGAIN_MS = 2;

const row = findRow(process.argv[2] ?? '');
await openFirstStream();
const descriptorsBefore = descriptors();
let neighbour: Neighbour | undefined;
try {
  if (row.hasNeighbour === true) neighbour = await Neighbour.start();
  await neighbour?.serve();
  await play(row);
  await neighbour?.serve();
  await neighbour?.stop();
  const fresh = await Neighbour.start();
  await fresh.serve();
  await fresh.stop();
  expect('the descriptors of the process', descriptors(), descriptorsBefore);
} catch (error) {
  // A guest that is still in a system call would keep the process from an end of its own.
  writeSync(2, inspect(error));
  process.kill(process.pid, 'SIGKILL');
}

async function play(row: Row): Promise<void> {
  if ('refused' in row) await playRefused(row);
  else await playGuest(row);
}

async function playRefused(row: RefusedRow): Promise<void> {
  let message = 'it runs';
  try {
    await (await run(row.module(), row.options)).stop();
  } catch (error) {
    if (!(error instanceof PolluxError)) throw error;
    message = `${error.code}: ${error.message}`;
  }
  if (!message.startsWith('MODULE_REFUSED: ') || !row.refused.test(message)) {
    throw new Error(`the answer is: ${JSON.stringify(message)}`);
  }

  if (/[\x00-\x1f\x7f-\x9f]/.test(message) || message.length > REFUSAL_LENGTH_MAX) {
    throw new Error(`the message is not fit for a terminal: ${JSON.stringify(message)}`);
  }
}

async function playGuest(row: StepsRow | ModuleRow): Promise<void> {
  const streams = new Streams(row.stdin ?? 'null', row.stdout ?? 'file');
  const bytes = 'steps' in row ? stepsGuest(row) : row.module();
  const guest = await run(bytes, {
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: 'ignore',
    ...(row.clients === undefined ? {} : { listen: ['tcp:127.0.0.1:0'] }),
    ...row.options,
  });
  const clients = (row.clients ?? []).map((client) => {
    return new TestClient(guest.addresses[0] ?? '', client.sends, client.isDeaf);
  });
  await neighbour?.serve();
  await row.meanwhile?.(sceneOf(guest, streams));
  const { reason, code, detail } = await guest.exited;
  const written = streams.close();
  const reasons = 'steps' in row ? 'exited' : row.reason;
  const expected = typeof reasons === 'string' || !reasons.includes(reason) ? reasons : reason;
  const expectedCode = 'steps' in row ? 0 : (row.code ?? 0);
  expect(`the end (${detail})`, { reason, code }, { reason: expected, code: expectedCode });
  if ('steps' in row) checkReport(row, written);
  else checkModule(row, detail, written);
  for (const [index, client] of clients.entries()) {
    const { receives = '', isDeaf = false } = row.clients?.[index] ?? {};
    const received = await client.received();
    if (isDeaf) continue;
    const isLength = typeof receives === 'number';
    expect(`what client ${index} got`, isLength ? received.length : received, receives);
  }
}

function sceneOf(guest: Guest, streams: Streams): Scene {
  const { stdin, stdout } = streams;
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  };
  return { guest, stdin, stdout, until };
}

function checkReport(row: StepsRow, report: Uint8Array): void {
  const answers = row.answers.map((answer) =>
    typeof answer === 'number' ? answer : Errno[answer],
  );
  const difference = reportDifference(report, expectedReport(row, answers, row.wrote ?? []));
  if (difference !== undefined) throw new Error(difference);
}

function checkModule(row: ModuleRow, detail: string, written: Uint8Array): void {
  if (!(row.detail ?? /^$/).test(detail)) throw new Error(`the detail is: ${detail}`);
  if (row.writes === undefined) return;
  expect('what it wrote', Buffer.from(written).toString('latin1'), row.writes);
}

function expect(what: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
}

/** From its first stream on, Node keeps a descriptor in reserve. */
async function openFirstStream(): Promise<void> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

/** The open descriptors of this process, less the one that lists them. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

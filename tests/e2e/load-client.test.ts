// The load client itself: an honest server passes, and each planted fault is found and named. The
// servers here are a few lines of node:net that echo what they are sent.

import net from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { load } from './support/load.ts';
import { closed } from './support/target.ts';

const FAULT_OFFSET = 50_000;
const OPTIONS = { active: 10, idle: 5, bytes: 100_000, answer: 'same' } as const;

/** The last bytes and a reset at once are a mere end to libuv, so that what is missing tells. */
const RESET = /"reason":"(?:[^"]*ECONNRESET|[^"]*EPIPE|the stream ended too early)/;

/** What a server does to the one piece that holds the byte at FAULT_OFFSET, at `index` in it. */
type Fault = (piece: Buffer, index: number, socket: net.Socket) => Buffer;

const inStream: readonly (readonly [string, Fault, RegExp])[] = [
  ['a wrong byte is named by its position', flip, /"offset":50000,"reason":"the byte is/],
  ['a lost byte is found', lose, /"reason":"(?:the byte is|the stream ended too early)/],
  ['a byte sent twice is found', double, /"reason":"(?:the byte is|\d+ more bytes)/],
  ['bytes in the wrong order are found', swap, /"offset":50000,"reason":"the byte is/],
  ['an early end is found', end, /"reason":"the stream ended too early/],
  ['a reset is found', reset, RESET],
];

const test = suite('load client');

test('an honest server passes', async () => {
  await withServer(serveEcho, async (address) => {
    const totals = await load([address], OPTIONS);
    assert.is(totals.receivedBytes, totals.sentBytes);
    assert.is(totals.idleAnswered, OPTIONS.idle);
  });
});

for (const [title, fault, says] of inStream) {
  test(title, () => assertFound((socket) => serveEcho(socket, fault), says));
}

test('a reset in the place of the end is found', async () => {
  const serve = (socket: net.Socket): void => {
    socket.on('data', (bytes) => socket.write(bytes));
    socket.on('end', () => socket.resetAndDestroy());
  };
  await assertFound(serve, RESET);
});

test('a byte after the last one is found', async () => {
  const serve = (socket: net.Socket): void => {
    socket.on('data', (bytes) => socket.write(bytes));
    socket.on('end', () => socket.end('x'));
  };
  await assertFound(serve, /"reason":"(?:\d+ more bytes|the answer to the one byte)/);
});

test('an idle connection that is closed is found', async () => {
  const serve = (socket: net.Socket, _: Fault | undefined, order: number): void => {
    if (order < OPTIONS.idle) socket.end();
    else serveEcho(socket);
  };
  await assertFound(serve, /"offset":0,"reason":"the stream ended too early/);
});

test.run();

type Serve = (socket: net.Socket, fault: Fault | undefined, order: number) => void;

async function assertFound(serve: Serve, says: RegExp): Promise<void> {
  await withServer(serve, async (address) => {
    const outcome = await load([address], OPTIONS).then(
      () => 'it passed',
      (error: unknown) => (error as Error).message,
    );
    assert.match(outcome, says, outcome);
  });
}

async function withServer(serve: Serve, body: (address: string) => Promise<void>): Promise<void> {
  let count = 0;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {
      // The client leaves at the first fault it finds.
    });
    serve(socket, undefined, count);
    count += 1;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const at = server.address();
    assert.ok(at !== null && typeof at === 'object');
    await body(`tcp:127.0.0.1:${at.port}`);
  } finally {
    await closed(server);
  }
}

function serveEcho(socket: net.Socket, fault?: Fault): void {
  let total = 0;
  socket.on('data', (bytes) => {
    const index = FAULT_OFFSET - total;
    total += bytes.length;
    const hasFault = fault !== undefined && index >= 0 && index < bytes.length;
    const answer = hasFault ? fault(bytes, index, socket) : bytes;
    if (socket.writable && !socket.write(answer)) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
  });
  socket.on('end', () => socket.end());
}

function flip(piece: Buffer, index: number): Buffer {
  return Buffer.concat([
    piece.subarray(0, index),
    Buffer.of((piece[index] ?? 0) ^ 1),
    piece.subarray(index + 1),
  ]);
}

function lose(piece: Buffer, index: number): Buffer {
  return Buffer.concat([piece.subarray(0, index), piece.subarray(index + 1)]);
}

function double(piece: Buffer, index: number): Buffer {
  return Buffer.concat([piece.subarray(0, index + 1), piece.subarray(index)]);
}

/** With the next byte that is another. */
function swap(piece: Buffer, index: number): Buffer {
  const other = piece.findIndex((byte, at) => at > index && byte !== piece[index]);
  // There is none behind it in this piece: another connection shows it.
  if (other === -1) return piece;
  const swapped = Buffer.from(piece);
  [swapped[index], swapped[other]] = [piece[other] ?? 0, piece[index] ?? 0];
  return swapped;
}

function end(piece: Buffer, index: number, socket: net.Socket): Buffer {
  socket.end(piece.subarray(0, index));
  return Buffer.of();
}

function reset(piece: Buffer, _: number, socket: net.Socket): Buffer {
  socket.resetAndDestroy();
  return piece;
}

// Servers on runtimes that nobody here wrote, compiled unchanged: Rust's standard library, Go's
// scheduler and net/http, and the ways of wasi-libc to accept and to wait. 1,000 connections at
// once wherever the guest can have them; the clients are another process, and check every byte.

import http from 'node:http';
import * as assert from 'uvu/assert';
import { findGo, goGuest } from '../guests/go/go.ts';
import { findRust, rustGuest } from '../guests/rust/rust.ts';
import { suite } from '../support/suite.ts';
import { cGuest } from './support/guests.ts';
import { load, type LoadOptions } from './support/load.ts';
import { withServer, withStarted } from './support/server.ts';
import { connect, targetOf } from './support/target.ts';

const CONNECTIONS = 1_000;
const BYTES = 64 * 1024;
/** What a set of select holds in wasi-libc, less descriptors 0 to 3: see select-echo.c. */
const SELECT_CLIENTS_MAX = 1_020;

/** Serves a load, and holds the guest to every byte of it and to every idle connection. */
async function serveLoad(
  guest: string,
  options: LoadOptions,
  commandLine: readonly string[] = [],
): Promise<void> {
  await withServer({ guest, options: commandLine }, async (server) => {
    const totals = await load(server.addresses, options);
    assert.is(totals.receivedBytes, totals.sentBytes);
    assert.ok(totals.receivedBytes >= options.active * options.bytes);
    assert.is(totals.idleAnswered, options.idle ?? 0);
  });
}

// ---- C ----------------------------------------------------------------------------------------

const c = suite('C guests under 1,000 connections (end to end)');

c('accept4 with and without SOCK_NONBLOCK, and poll, beside 1,000 idle ones', () =>
  serveLoad(cGuest('accept4-echo'), {
    active: CONNECTIONS,
    idle: CONNECTIONS,
    bytes: BYTES,
    answer: 'same',
  }),
);

c('select, with its set full to the last descriptor', () =>
  serveLoad(cGuest('select-echo'), {
    active: CONNECTIONS,
    idle: SELECT_CLIENTS_MAX - CONNECTIONS,
    bytes: BYTES,
    answer: 'same',
  }),
);

c('select, with 100 clients in the queue that its set has no room for', () =>
  serveLoad(cGuest('select-echo'), {
    active: SELECT_CLIENTS_MAX + 100,
    bytes: BYTES,
    answer: 'same',
  }),
);

c('poll, with 100 clients in the queue that the guest has no room for', () =>
  serveLoad(cGuest('poll-echo'), { active: CONNECTIONS + 100, bytes: BYTES, answer: 'same' }),
);

c.run();

// ---- Rust -------------------------------------------------------------------------------------

const rust = findRust();
const rustTest = suite('Rust guests (end to end)');
const rustTests: Readonly<Record<string, (found: Exclude<typeof rust, string>) => Promise<void>>> =
  {
    'the standard library alone serves 1,000 connections in turn': (found) =>
      serveLoad(rustGuest(found, 'blocking-echo'), {
        active: CONNECTIONS,
        atOnce: 1,
        bytes: 1024,
        answer: 'same',
      }),
    'the standard library and poll_oneoff serve 1,000 connections beside 1,000 idle ones': (
      found,
    ) =>
      serveLoad(rustGuest(found, 'poll-rot13'), {
        active: CONNECTIONS,
        idle: CONNECTIONS,
        bytes: BYTES,
      }),
  };
for (const [title, body] of Object.entries(rustTests)) {
  if (typeof rust === 'string') rustTest.skip(title, rust);
  else rustTest(title, () => body(rust));
}
rustTest.run();

// ---- Go ---------------------------------------------------------------------------------------

const REQUESTS_EACH = 4;
const LARGE_BYTES = 16 * 1024 * 1024;
/** Of `GET /bytes`: byte i is i modulo this. */
const PERIOD = 251;
const END_SECONDS_MAX = 20;

const go = findGo();
const goTest = suite('Go guests (end to end)');
const goTests: Readonly<Record<string, () => Promise<void>>> = {
  'a goroutine each serves 1,000 connections beside 1,000 idle ones': () =>
    serveLoad(goGuest('rot13-echo'), { active: CONNECTIONS, idle: CONNECTIONS, bytes: BYTES }, [
      '--nonblocking-listeners',
    ]),

  'net/http answers one request after the other on one connection': () =>
    withWeb(async (ask, agent) => {
      for (let index = 0; index < 100; index += 1) await askAnything(ask, index);
      assert.is(agent.connectionCount, 1);
    }),

  'net/http answers 4,000 requests on 1,000 connections at once, and keeps them': () =>
    withWeb(async (ask, agent) => {
      // Slow answers first: none is there before the last connection is open.
      const first = Array.from({ length: CONNECTIONS }, () => ask('GET', '/slow'));
      for (const answer of await Promise.all(first)) {
        assert.is(answer.toString(), 'Hello from Go, GET /slow\n');
      }
      assert.is(agent.connectionCount, CONNECTIONS);
      for (let round = 1; round < REQUESTS_EACH; round += 1) {
        const asked = Array.from({ length: CONNECTIONS }, (_, index) => askAnything(ask, index));
        await Promise.all(asked);
      }
      assert.is(agent.connectionCount, CONNECTIONS);
    }),

  'net/http streams 16 MiB out, and 16 MiB in and out at once': () =>
    withWeb(async (ask) => {
      const bytes = await ask('GET', `/bytes?n=${LARGE_BYTES}`);
      assert.ok(bytes.equals(expectedBytes(LARGE_BYTES)));
      const letters = Buffer.alloc(LARGE_BYTES, 'Hello, World! ');
      const answer = await ask('POST', '/rot13', letters);
      assert.ok(answer.equals(Buffer.alloc(LARGE_BYTES, 'Uryyb, Jbeyq! ')));
    }),

  'net/http drains: answers under way are finished, and kept connections get their end': () =>
    withStarted({ guest: goGuest('http-server'), drainTimeout: '6s' }, async (server) => {
      const agent = new CountingAgent({ keepAlive: true, maxFreeSockets: CONNECTIONS });
      const greet = (): Promise<Buffer>[] =>
        Array.from({ length: CONNECTIONS }, () => request(server.address, agent, 'GET', '/slow'));
      await Promise.all(greet());
      const underWay = greet();
      // The first of the answers says that the others have been asked for as well.
      await Promise.race(underWay);
      server.child.kill('SIGTERM');
      for (const answer of await Promise.all(underWay)) {
        assert.is(answer.toString(), 'Hello from Go, GET /slow\n');
      }
      assert.is(agent.connectionCount, CONNECTIONS);
      assert.equal(await server.child.end(END_SECONDS_MAX), { code: 0, signal: null });
    }),

  'net/http goes on when clients leave in the middle of their answers': () =>
    withServer({ guest: goGuest('http-server') }, async (server) => {
      for (let index = 0; index < 100; index += 1) {
        const client = await connect(server.address);
        client.write(`GET /bytes?n=${LARGE_BYTES} HTTP/1.1\r\nHost: pollux\r\n\r\n`);
        await new Promise((done) => client.once('data', done));
        client.resetAndDestroy();
      }
      const agent = new CountingAgent({ keepAlive: false });
      const answer = await request(server.address, agent, 'GET', '/');
      assert.is(answer.toString(), 'Hello from Go, GET /\n');
    }),
};
for (const [title, body] of Object.entries(goTests)) {
  if (typeof go === 'string') goTest.skip(title, go);
  else goTest(title, body);
}
goTest.run();

type Ask = (method: string, path: string, body?: Buffer) => Promise<Buffer>;

/** An agent that knows how many connections it has opened. */
class CountingAgent extends http.Agent {
  connectionCount = 0;

  override createConnection(
    ...args: Parameters<http.Agent['createConnection']>
  ): ReturnType<http.Agent['createConnection']> {
    this.connectionCount += 1;
    return super.createConnection(...args);
  }
}

/** Runs `body` with a client of the Go web server that keeps its connections. */
async function withWeb(body: (ask: Ask, agent: CountingAgent) => Promise<void>): Promise<void> {
  await withServer({ guest: goGuest('http-server') }, async (server) => {
    const agent = new CountingAgent({ keepAlive: true, maxFreeSockets: CONNECTIONS });
    try {
      await body((...asked) => request(server.address, agent, ...asked), agent);
    } finally {
      agent.destroy();
    }
  });
}

/** One of four requests, by its index, and its answer held to what it must be. */
async function askAnything(ask: Ask, index: number): Promise<void> {
  switch (index % 4) {
    case 0: {
      const answer = await ask('GET', `/some/${index}`);
      assert.is(answer.toString(), `Hello from Go, GET /some/${index}\n`);
      break;
    }
    case 1:
      assert.is((await ask('GET', '/slow')).toString(), 'Hello from Go, GET /slow\n');
      break;
    case 2: {
      const bytes = await ask('GET', `/bytes?n=${index * 16}`);
      assert.ok(bytes.equals(expectedBytes(index * 16)));
      break;
    }
    default: {
      const answer = await ask('POST', '/rot13', Buffer.from(`Hello ${index}`));
      assert.is(answer.toString(), `Uryyb ${index}`);
    }
  }
}

function expectedBytes(count: number): Buffer {
  return Buffer.alloc(
    count,
    Uint8Array.from({ length: PERIOD }, (_, index) => index),
  );
}

/** Resolves to the body of the answer; rejects when the status is not 200 or the body is cut. */
function request(
  address: string,
  agent: http.Agent,
  method: string,
  path: string,
  body?: Buffer,
): Promise<Buffer> {
  return new Promise((done, fail) => {
    const asked = http.request({ ...targetOf(address), agent, method, path }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (bytes: Buffer) => pieces.push(bytes));
      answer.once('error', fail);
      answer.once('end', () => {
        if (answer.statusCode === 200) done(Buffer.concat(pieces));
        else fail(new Error(`${method} ${path}: ${answer.statusCode}`));
      });
    });
    asked.once('error', fail);
    asked.end(body);
  });
}

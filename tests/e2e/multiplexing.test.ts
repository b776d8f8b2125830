// The servers of the course notes on the real kernel: every byte comes back under load, whatever
// they wait with, and a client that is gone before it is accepted harms nobody.

import * as assert from 'uvu/assert';
import { rot13 } from '../sim/modules.ts';
import { suite } from '../support/suite.ts';
import { load } from './support/load.ts';
import { Random } from './support/random.ts';
import { withServer } from './support/server.ts';
import type { Answer } from './support/stream-content.ts';
import { Talker } from './support/talker.ts';
import { ask } from './support/target.ts';

const KIB = 1024;
const FD_SETSIZE = 1024;

/** Its clients wait for an answer in the middle of a line in vain, as those of a load do. */
const LINES = 'select-rot13';

const SERVERS = [
  { program: 'poll-echo', answer: 'same', hello: 'Hello\n' },
  { program: 'select-rot13', answer: 'rot13', hello: 'Uryyb\n' },
  { program: 'epoll-rot13', answer: 'rot13', hello: 'Uryyb\n' },
  { program: 'early-epoll', answer: 'rot13', hello: 'Uryyb\n' },
] as const;

for (const { program, answer, hello } of SERVERS) {
  const test = suite(`${program} (end to end)`);
  const guest = `build/${program}.wasm`;

  if (program !== LINES) underLoad(test, guest, answer);

  test('one reactor serves several listeners', async () => {
    const listen = ['tcp:127.0.0.1:0', 'tcp:127.0.0.1:0'];
    await withServer({ guest: `build/${program}.reactor.wasm`, listen }, async (server) => {
      for (const address of server.addresses) assert.is(await ask(address, 'Hello\n'), hello);
    });
  });

  test('a client that is reset before it is accepted is survived, and the next ones are served', async () => {
    const args = ['--accept-delay', '400'];
    await withServer({ guest, args }, async (server) => {
      const [gone, stays] = await Talker.connectMany(server.address, 2);
      gone?.reset();
      stays?.say('Hello\n');
      await stays?.hears(hello);
      // Taken off the queue before the one that stays, and closed.
      assert.is(await ask(server.address, 'Hello\n'), hello);
      stays?.leave();
    });
  });

  test.run();
}

const test = suite('select-rot13, lines and limits (end to end)');
const guest = 'build/select-rot13.wasm';

test('a line is answered when it is complete; a client halfway through one holds nobody up', async () => {
  await withServer({ guest }, async (server) => {
    const [halfway, other] = await Talker.connectMany(server.address, 2);
    assert.ok(halfway && other);
    halfway.say('Hel');
    other.say('a\n');
    await other.hears('n\n');
    assert.is(halfway.text, '');
    halfway.say('lo\n');
    await halfway.hears('Uryyb\n');
    halfway.say('begin');
    halfway.finish();
    await halfway.hears('Uryyb\nortva');
    await halfway.ends();
    other.leave();
  });
});

test('100 clients send lines in pieces of any size, and get every byte back', async () => {
  await withServer({ guest, args: ['--ring-bytes', '4096'] }, async (server) => {
    const clients = await Talker.connectMany(server.address, 100);
    const random = new Random(7, 0);
    const texts = clients.map(() => '');
    for (let piece = 0; piece < 20; piece++) {
      for (const [i, client] of clients.entries()) {
        // Longer than a ring, now and then; lines that end here and there.
        const text = 'some words '.repeat(random.magnitude(800)) + (random.chance(0.5) ? '\n' : '');
        texts[i] += text;
        client.say(text);
      }
    }
    for (const client of clients) client.finish();
    for (const [i, client] of clients.entries()) {
      await client.ends();
      assert.ok(client.text === rot13(texts[i] ?? ''), `client ${i}`);
    }
  });
});

test(`clients from descriptor ${FD_SETSIZE} on are refused by number, and the server lives`, async () => {
  await withServer({ guest }, async (server) => {
    // Three are standard streams, one is the listener.
    const served = await Talker.connectMany(server.address, FD_SETSIZE - 4);
    const refused = await Talker.connectMany(server.address, 3);
    for (const client of refused) await client.ends();
    for (const client of served) client.say('abc\n');
    for (const client of served) await client.hears('nop\n');
    assert.equal(
      server.child.stderr.split('\n').filter((line) => line.startsWith('guest:')),
      Array(3).fill('guest: descriptor 1024 is refused: select takes those below 1024'),
    );
    // A place that is free again is taken.
    served[7]?.finish();
    await served[7]?.ends();
    assert.is(await ask(server.address, 'abc\n'), 'nop\n');
    for (const client of served) client.leave();
  });
});

test.run();

/** What clients of a server that answers each byte at once can ask of it. */
function underLoad(test: ReturnType<typeof suite>, guest: string, answer: Answer): void {
  test('100 connections beside 100 idle ones get every byte back', async () => {
    await withServer({ guest }, async (server) => {
      const totals = await load(server.addresses, {
        active: 100,
        idle: 100,
        bytes: 256 * KIB,
        answer,
      });
      assert.is(totals.receivedBytes, totals.sentBytes);
      assert.is(totals.idleAnswered, 100);
    });
  });

  test('connections that come and go, 10 at a time, are all served', async () => {
    await withServer({ guest }, async (server) => {
      const totals = await load(server.addresses, { active: 300, atOnce: 10, bytes: 1, answer });
      assert.is(totals.receivedBytes, totals.sentBytes);
    });
  });
}

const grown = suite('poll-echo, its set (end to end)');

grown('1,200 clients are more than the set begins with, and all are served', async () => {
  await withServer({ guest: 'build/poll-echo.wasm' }, async (server) => {
    const clients = await Talker.connectMany(server.address, 1200);
    for (const client of [...clients].reverse()) client.say('x');
    for (const client of clients) await client.hears('x');
    const leaving = clients.filter((_, i) => i % 2 === 0);
    const staying = clients.filter((_, i) => i % 2 === 1);
    for (const client of leaving) client.finish();
    for (const client of staying) client.say('y');
    for (const client of leaving) await client.ends();
    for (const client of staying) await client.hears('xy');
    assert.is(await ask(server.address, 'z'), 'z');
    for (const client of staying) client.leave();
  });
});

grown.run();

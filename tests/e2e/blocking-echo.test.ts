// The server without multiplexing on the real kernel, by the command that its page gives.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { connectMany, heard, say } from './support/exchange.ts';
import { load } from './support/load.ts';
import { runPollux, withServer } from './support/server.ts';

const guest = 'build/blocking-echo.wasm';

const test = suite('blocking-echo (end to end)');

test('100 clients are served in turn, every byte unchanged', async () => {
  await withServer({ guest }, async (server) => {
    const options = { active: 100, atOnce: 1, bytes: 64 * 1024, answer: 'same' } as const;
    const totals = await load(server.addresses, options);
    assert.is(totals.receivedBytes, totals.sentBytes);
  });
});

test('a second client hears nothing until the first has ended', async () => {
  await withServer({ guest }, async (server) => {
    const [first, second] = await connectMany(server.address, 2);
    let hasFirstEnded = false;
    let wasEarly = false;
    second?.once('data', () => (wasEarly = !hasFirstEnded));
    say(second);
    // The first is served again and again meanwhile: the second could have been.
    for (let round = 0; round < 50; round++) {
      say(first);
      await heard(first);
    }
    const answered = heard(second);
    hasFirstEnded = true;
    first?.end();
    await answered;
    assert.not(wasEarly);
    second?.end();
  });
});

test('without a listener, or with two, a line says what to give', async () => {
  const none = await runPollux(['run', guest]);
  assert.is(none.code, 2);
  assert.match(none.stderr, /^guest: no listener; give one with --listen, [^\n]+\n$/);
  const listen = ['--listen', 'tcp:127.0.0.1:0'];
  const two = await runPollux(['run', guest, '--quiet', ...listen, ...listen]);
  assert.is(two.code, 2);
  assert.match(two.stderr, /^guest: more than one listener; give one with --listen, [^\n]+\n$/);
});

test.run();

// A bug that was seen in production becomes a test that needs no network, no addon and no luck.
//
//     npm run build && node examples/bug-to-test.mjs
//
// In production the server runs with `pollux run server.wasm --record bug.plx`; here that is done by
// run(). The test is the second half: it replays the file, and looks at what the guest sent.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'pollux';
import { openRecording, replay, SentBytes } from 'pollux/trace';

const directory = mkdtempSync(join(tmpdir(), 'pollux-example-'));
const file = join(directory, 'bug.plx');
await inProduction();
await asATest();
rmSync(directory, { recursive: true });

/** A client says something that the server answers wrongly: every letter is another one. */
async function inProduction() {
  const guest = await run(new URL('../build/rot13-echo.wasm', import.meta.url), {
    listen: ['tcp:127.0.0.1:0'],
    record: file,
  });
  const client = connect({ port: Number(guest.addresses[0].split(':').at(-1)), host: '127.0.0.1' });
  client.write('Hello');
  await once(client, 'data');
  client.destroy();
  await guest.stop();
  const { lengthBytes } = await guest.recording;
  console.log(`recorded ${lengthBytes > 0 ? 'all that entered the guest' : 'nothing'}`);
}

async function asATest() {
  const recording = openRecording(readFileSync(file));
  const sent = new SentBytes();
  // Once the bug is fixed the module is another, and so are its pointers and its answers: compare
  // 'calls' then, and give the bytes of the new module in the place of recording.module().
  const replayed = replay(recording, { compare: 'everything', observer: sent });
  const module = await WebAssembly.compile(recording.module());
  const end = replayed.run(() => new WebAssembly.Instance(module, replayed.imports));
  assert.equal(end.reason, 'complete');
  const [connection] = sent.descriptors();
  const answer = sent.text(connection);
  assert.equal(answer, 'Uryyb'); // the bug; the fixed server has to answer 'Hello'
  console.log(`replayed without a network: the guest sent ${answer}`);
}

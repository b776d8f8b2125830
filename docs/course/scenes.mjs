// What the transcripts show: each scene plays its peers against a program in the twin, and tells what
// is seen. The same scene gives the same text, everywhere.

import { readFileSync } from 'node:fs';
import { simulate } from '../../dist/sim.js';

const world = (program, options) =>
  simulate(readFileSync(new URL(`../../build/${program}.wasm`, import.meta.url)), options);

/** The calls of a trace that `pattern` matches, without the time. */
const calls = (of, pattern) =>
  of
    .trace()
    .split('\n')
    .filter((call) => pattern.test(call))
    .map((call) => call.slice(call.indexOf(' ') + 1));

/** Two clients at once: which calls a server makes of the kernel. */
async function twoClients(program) {
  const w = await world(program);
  const clients = [w.connect().send('Hello\n'), w.connect().send('World\n')];
  w.run();
  return [
    ...calls(w, /(accept|recv|send|wait|waitFew)\(/),
    ...clients.map((client, at) => `client ${at} reads ${JSON.stringify(client.text())}`),
  ].join('\n');
}

export const scenes = {
  'seed-poll, two clients': () => twoClients('seed-poll'),

  'seed-select, a line': async () => {
    const w = await world('seed-select');
    const client = w.connect().send('Hello\n');
    w.advance(6000);
    return [
      ...calls(w, /(accept|recv|send)\(/),
      `the client reads ${JSON.stringify(client.text())}, ${w.nowMs} ms after it connected`,
    ].join('\n');
  },

  'rot13-echo, two clients': () => twoClients('rot13-echo'),

  'blocking-echo, two clients': async () => {
    const w = await world('blocking-echo');
    const [first, second] = [w.connect().send('one'), w.connect().send('two')];
    w.run();
    const before = `the first reads "${first.text()}", the second is ${second.state} and reads "${second.text()}"`;
    first.end();
    w.run();
    return `${before}\nthe first has ended, and the second reads "${second.text()}"`;
  },

  'trigger-demo': async () => {
    const w = await world('trigger-demo');
    w.connect().send('Hello');
    w.advance(10_000);
    return w.stdout;
  },
};

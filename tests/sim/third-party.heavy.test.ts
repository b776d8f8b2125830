// Rust's standard library and Go's scheduler in the twin, where their compilers are found. Go has
// goroutines and timers of its own: that it does the same each time is measured here.

import * as assert from 'uvu/assert';
import { simulate, type SimulateOptions } from '../../host/sim.ts';
import { findGo, goGuest } from '../guests/go/go.ts';
import { findRust, rustGuest } from '../guests/rust/rust.ts';
import { suite } from '../support/suite.ts';
import { moduleBytes, rot13 } from './modules.ts';

const test = suite('guests on other runtimes in the twin');

interface Served {
  readonly texts: string[];
  readonly hash: string;
}

async function serve(bytes: Uint8Array, options: SimulateOptions): Promise<Served> {
  const world = await simulate(bytes, { latencyMs: [0, 3], segmentBytes: [1, 100], ...options });
  const clients = [world.connect(), world.connect(), world.connect()];
  clients.forEach((client, at) => client.send(`client ${at} `.repeat(30)));
  world.run();
  for (const client of clients) client.send('bye').end();
  world.run();
  world.advance(100);
  return { texts: clients.map((client) => client.text()), hash: world.traceHash };
}

async function isServedAlike(
  bytes: Uint8Array,
  answer: (text: string) => string,
  options: SimulateOptions = {},
): Promise<void> {
  const first = await serve(bytes, { seed: 1, ...options });
  first.texts.forEach((text, at) => assert.is(text, answer(`${`client ${at} `.repeat(30)}bye`)));
  for (let round = 0; round < 3; round++) {
    assert.equal(await serve(bytes, { seed: 1, ...options }), first);
  }
}

const rust = findRust();
const rustTitles = ['blocking', 'polling'].map((kind) => `Rust, ${kind}: served, alike each time`);
if (typeof rust === 'string') for (const title of rustTitles) test.skip(title, rust);
else {
  test(rustTitles[0] as string, () =>
    isServedAlike(moduleBytes(rustGuest(rust, 'blocking-echo')), (text) => text),
  );
  test(rustTitles[1] as string, () =>
    isServedAlike(moduleBytes(rustGuest(rust, 'poll-rot13')), rot13),
  );
}

const go = findGo();
const goTitle = 'Go, a goroutine for each client: served, alike each time';
if (typeof go === 'string') test.skip(goTitle, go);
else {
  test(goTitle, () =>
    isServedAlike(moduleBytes(goGuest('rot13-echo')), rot13, { nonBlockingListeners: true }),
  );
}

test.run();

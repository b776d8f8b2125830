// 1,000 real connections to servers of several toolchains, recorded and replayed in a process without
// an addon.

import * as assert from 'uvu/assert';
import { findGo, goGuest } from '../guests/go/go.ts';
import { findRust, rustGuest } from '../guests/rust/rust.ts';
import { suite } from '../support/suite.ts';
import { cGuest, ROT13_COMMAND, ROT13_REACTOR, withDirectory } from './support/guests.ts';
import { load, type LoadOptions } from './support/load.ts';
import { COMPLETE, recordingIn, replayed } from './support/recordings.ts';
import { withServer } from './support/server.ts';

const CONNECTIONS = 1_000;
const BYTES = 16 * 1024;

const test = suite('recordings of 1,000 connections (end to end)');
const rust = findRust();
const go = findGo();

interface Recorded {
  readonly guest: () => string;
  readonly answer: LoadOptions['answer'];
  readonly options?: readonly string[];
  /** Why it can't be tried here. */
  readonly missing?: string;
}

const GUESTS: Readonly<Record<string, Recorded>> = {
  'our command': { guest: () => ROT13_COMMAND, answer: 'rot13' },
  'our reactor': { guest: () => ROT13_REACTOR, answer: 'rot13' },
  'C, with poll': { guest: () => cGuest('poll-echo'), answer: 'same' },
  'Rust, with poll_oneoff': {
    guest: () => (typeof rust === 'string' ? '' : rustGuest(rust, 'poll-rot13')),
    answer: 'rot13',
    ...(typeof rust === 'string' ? { missing: rust } : {}),
  },
  'Go, a goroutine each': {
    guest: () => goGuest('rot13-echo'),
    answer: 'rot13',
    options: ['--nonblocking-listeners'],
    ...(typeof go === 'string' ? { missing: go } : {}),
  },
};

for (const [name, { guest, answer, options = [], missing }] of Object.entries(GUESTS)) {
  const title = `1,000 connections are replayed to the same memory: ${name}`;
  const body = (): Promise<void> =>
    withDirectory(async (directory) => {
      const file = recordingIn(directory);
      const recorded = { guest: guest(), options: [...options, '--record', file] };
      await withServer(recorded, async (server) => {
        const totals = await load(server.addresses, {
          active: CONNECTIONS,
          bytes: BYTES,
          ...(answer === undefined ? {} : { answer }),
        });
        assert.is(totals.receivedBytes, totals.sentBytes);
      });
      const { how, calls } = await replayed(file);
      assert.is(how, COMPLETE);
      assert.ok(calls > 3 * CONNECTIONS);
    });
  if (missing === undefined) test(title, body);
  else test.skip(title, missing);
}

test.run();

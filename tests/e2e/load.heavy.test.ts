// What the project promises to hold: 1,000 connections that move 1 MiB each way, beside 8,000 idle
// ones, all at once. Server and clients are a process each, with 9,000 sockets each.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { descriptorLimit } from './support/descriptors.ts';
import { ROT13_COMMAND, ROT13_REACTOR } from './support/guests.ts';
import { load } from './support/load.ts';
import { withServer } from './support/server.ts';

const ACTIVE = 1_000;
const IDLE = 8_000;
const BYTES = 1024 * 1024;
/** The sockets, and room for what a process has open besides. */
const DESCRIPTORS_MIN = 10_300;
const SECONDS_MAX = 250;

const test = suite('load (end to end)');
const limit = descriptorLimit();

for (const guest of [ROT13_COMMAND, ROT13_REACTOR]) {
  const title = `1,000 connections move 1 MiB each beside 8,000 idle ones: ${guest}`;
  const body = async (): Promise<void> => {
    await withServer({ guest }, async (server) => {
      const options = { active: ACTIVE, idle: IDLE, bytes: BYTES };
      const totals = await load(server.addresses, options, SECONDS_MAX);
      assert.ok(totals.receivedBytes >= ACTIVE * BYTES);
      assert.is(totals.receivedBytes, totals.sentBytes);
      assert.is(totals.idleAnswered, IDLE);
      assert.ok(totals.closedEarly > 0 && totals.slow > 0 && totals.pauses > 0);
    });
  };
  if (limit >= DESCRIPTORS_MIN) test(title, body);
  else test.skip(title, `RLIMIT_NOFILE is ${limit}, and it takes ${DESCRIPTORS_MIN}`);
}

test.run();

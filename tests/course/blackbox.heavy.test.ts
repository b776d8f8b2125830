// Five thousand connections at once, for the programs that have no limit of their own: the same
// streams to the guest and to its native twin. The clients are another process, and check every byte.

import * as assert from 'uvu/assert';
import { descriptorLimit } from '../e2e/support/descriptors.ts';
import { load, type LoadTotals } from '../e2e/support/load.ts';
import { suite } from '../support/suite.ts';
import { EPOLL_ROT13, POLL_ECHO } from './support/model.ts';
import { noNativeReason } from './support/native.ts';
import { type Subject, withGuest, withNative } from './support/subject.ts';

const CONNECTIONS = 5_000;
const BYTES = 16 * 1024;
/** The sockets, and room for what a process has open besides. */
const DESCRIPTORS_MIN = CONNECTIONS + 300;
const SECONDS_MAX = 200;

const test = suite('5,000 connections, native and guest');
const limit = descriptorLimit();
const unavailable =
  limit < DESCRIPTORS_MIN
    ? `RLIMIT_NOFILE is ${limit}, and it takes ${DESCRIPTORS_MIN}`
    : noNativeReason();

for (const [seed, { guest, native, answers }] of [POLL_ECHO, EPOLL_ROT13].entries()) {
  const title = `5,000 connections at once get every byte back: ${guest}`;
  const body = async (): Promise<void> => {
    const totals: LoadTotals[] = [];
    const play = async ({ address }: Subject): Promise<void> => {
      const options = { active: CONNECTIONS, bytes: BYTES, answer: answers, seed };
      totals.push(await load([address], options, SECONDS_MAX));
    };
    await withNative(native, [], play);
    await withGuest(guest, [], play);
    const [ofNative, ofGuest] = totals;
    assert.ok(ofNative && ofGuest && ofNative.receivedBytes >= CONNECTIONS * BYTES);
    assert.is(ofGuest.receivedBytes, ofNative.receivedBytes);
    assert.is(ofGuest.sentBytes, ofGuest.receivedBytes);
  };
  if (unavailable === undefined) test(title, body);
  else test.skip(title, unavailable);
}

test.run();

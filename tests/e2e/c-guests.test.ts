// Servers in plain C against wasi-libc, compiled unchanged: one that polls, one that blocks.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { cGuest } from './support/guests.ts';
import { load } from './support/load.ts';
import { withServer } from './support/server.ts';

const CONNECTIONS = 200;
const BYTES = 64 * 1024;

const test = suite('C guests (end to end)');

test('the one that polls serves 200 connections at once, every byte unchanged', async () => {
  await withServer({ guest: cGuest('poll-echo') }, async (server) => {
    const options = { active: CONNECTIONS, bytes: BYTES, answer: 'same' } as const;
    const totals = await load(server.addresses, options);
    assert.is(totals.receivedBytes, totals.sentBytes);
    assert.ok(totals.receivedBytes >= CONNECTIONS * BYTES);
  });
});

test('the one that polls still serves idle connections after busy ones', async () => {
  await withServer({ guest: cGuest('poll-echo') }, async (server) => {
    const options = { active: 50, idle: CONNECTIONS, bytes: BYTES, answer: 'same' } as const;
    const totals = await load(server.addresses, options);
    assert.is(totals.idleAnswered, CONNECTIONS);
  });
});

test('the one that blocks serves 200 connections in turn, every byte unchanged', async () => {
  await withServer({ guest: cGuest('blocking-echo') }, async (server) => {
    const options = { active: CONNECTIONS, atOnce: 1, bytes: BYTES, answer: 'same' } as const;
    const totals = await load(server.addresses, options);
    assert.is(totals.receivedBytes, totals.sentBytes);
    assert.ok(totals.receivedBytes >= CONNECTIONS * BYTES);
  });
});

test('the one that blocks serves those that waited in its queue', async () => {
  await withServer({ guest: cGuest('blocking-echo') }, async (server) => {
    const options = { active: 20, bytes: BYTES, answer: 'same' } as const;
    const totals = await load(server.addresses, options);
    assert.is(totals.receivedBytes, totals.sentBytes);
  });
});

test.run();

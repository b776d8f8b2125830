// The programs that show what something costs: a server that blocks, and a count of wake-ups.

import { ending, exchange } from '../support/deeds.ts';
import type { Play } from '../support/stage.ts';

const ROUNDS = 5;

export const DEMO_PLAYS: readonly Play[] = [
  {
    program: 'blocking-echo',
    title: 'has the second client wait until the first has ended',
    role: 'listens',
    peers: async (stage) => {
      const first = await stage.connect();
      // It is the one that is served, whoever would have come first out of the queue.
      await exchange(first, 'one ');
      const second = await stage.connect();
      await second.send('is it my turn?');
      await exchange(first, 'two ');
      await exchange(first, 'three');
      const waited = second.bytes.length === 0;
      first.finish();
      await second.received('is it my turn?'.length);
      second.finish();
      return [waited, await ending(first), await ending(second)];
    },
    holds: [true, ['one two three', 'ended'], ['is it my turn?', 'ended']],
  },
  {
    program: 'blocking-echo',
    title: 'serves the next client when one has reset',
    role: 'listens',
    peers: async (stage) => {
      const first = await stage.connect();
      await exchange(first, 'one');
      first.reset();
      const second = await stage.connect();
      await exchange(second, 'two');
      second.finish();
      return ending(second);
    },
    holds: ['two', 'ended'],
  },
  {
    program: 'trigger-demo',
    title: 'wakes every time for what is left unread, and once where edges trigger',
    args: ['--rounds', String(ROUNDS), '--wait-ms', '1'],
    role: 'listens',
    peers: async (stage) => {
      const client = await stage.connect();
      await client.send('left unread');
      stage.pass(1000);
      const { code, stdout } = await stage.outcome();
      const rows = stdout.trimEnd().split('\n').slice(1);
      client.close();
      return [code, rows.map((row) => row.split(/ {2,}/))];
    },
    holds: [
      0,
      [
        ['select', String(ROUNDS)],
        ['poll', String(ROUNDS)],
        ['epoll, level-triggered', String(ROUNDS)],
        ['epoll, edge-triggered', '1'],
      ],
    ],
  },
];

// The bugs of the seed's poll server.

import { type Bug, ending } from './seed-bug.ts';

const seed = 'seed-poll';
const ours = 'poll-echo';

export const pollBugs: readonly Bug[] = [
  {
    id: 'poll-accept-unchecked',
    seed,
    ours,
    options: { maxFds: 5 },
    script: (world) => {
      world.connect();
      world.run();
      const second = world.connect();
      world.run();
      second.send('1');
      world.run();
      return `the first stays, the second waits: ${second.state}, ${ending(world)}`;
    },
    seedShows: 'it never waits again',
    oursShows: 'the first stays, the second waits: open, it goes on',
  },
  {
    id: 'poll-128th-ends-all',
    seed,
    ours,
    script: (world) => {
      const clients = Array.from({ length: 128 }, () => world.connect());
      world.run();
      const open = clients.filter((client) => client.state === 'open').length;
      return `${open} of 128 are open, ${ending(world)}`;
    },
    seedShows: '0 of 128 are open, it exited with 1: can not hold so many clients',
    oursShows: '128 of 128 are open, it goes on',
  },
  {
    id: 'poll-slow-reader-stops-all',
    seed,
    ours,
    script: (world) => {
      const slow = world.connect({ receiveBufferBytes: 4096, sendBufferBytes: 8192 });
      const other = world.connect();
      world.run();
      slow.pause().send('0'.repeat(8_000_000));
      world.run();
      other.send('1');
      world.run();
      return `the other client reads "${other.text()}"`;
    },
    seedShows: 'the other client reads ""',
    oursShows: 'the other client reads "1"',
  },
  {
    id: 'poll-write-error-ends-all',
    seed,
    ours,
    script: (world) => {
      const other = world.connect();
      const client = world.connect();
      world.run();
      client.send('1').reset();
      world.run();
      return `the other client is ${other.state}, ${ending(world)}`;
    },
    seedShows: 'the other client is ended, it exited with 1: write error: errno 15',
    oursShows: 'the other client is open, it goes on',
  },
  {
    id: 'poll-read-error-ends-all',
    seed,
    ours,
    script: (world) => {
      const other = world.connect();
      const client = world.connect();
      world.run();
      world.failCall('recv', 'TIMEDOUT');
      client.send('1');
      world.run();
      return `the other client is ${other.state}, ${ending(world)}`;
    },
    seedShows: 'the other client is ended, it exited with 1: read error: errno 73',
    oursShows: 'the other client is open, it goes on',
  },
];

// The bugs of the seed's select server. Each connection costs it five seconds: `advance` gives them.

import { type Bug, ending } from './seed-bug.ts';

const seed = 'seed-select';
const ours = 'select-rot13';

export const selectBugs: readonly Bug[] = [
  {
    id: 'select-slot-not-reset',
    seed,
    ours,
    script: (world) => {
      world.connect().send('4711 is my number').close();
      world.advance(6000);
      const next = world.connect().send('1\n');
      world.advance(6000);
      return `the next client reads ${JSON.stringify(next.text())}`;
    },
    seedShows: 'the next client reads "4711 vf zl ahzore1\\n"',
    oursShows: 'the next client reads "1\\n"',
  },
  {
    id: 'select-answer-lost',
    seed,
    ours,
    script: (world) => {
      const client = world.connect().send('1\n').end();
      world.advance(6000);
      return `the client reads ${JSON.stringify(client.text())}, then the end`;
    },
    seedShows: 'the client reads "", then the end',
    oursShows: 'the client reads "1\\n", then the end',
  },
  {
    id: 'select-1024-lost',
    seed,
    ours,
    script: (world) => {
      const client = world.connect().send(`${'0'.repeat(1999)}\n`);
      world.advance(6000);
      return `of 2,000 bytes come back ${client.bytes().length}`;
    },
    seedShows: 'of 2,000 bytes come back 1024',
    oursShows: 'of 2,000 bytes come back 2000',
  },
  {
    id: 'select-sleeps',
    seed,
    ours,
    script: (world) => {
      const first = world.connect();
      world.advance(6000);
      world.connect();
      world.run();
      first.send('1\n');
      world.advance(4000);
      return `four seconds later the first client has read ${JSON.stringify(first.text())}`;
    },
    seedShows: 'four seconds later the first client has read ""',
    oursShows: 'four seconds later the first client has read "1\\n"',
  },
  {
    id: 'select-accept-ends-all',
    seed,
    ours,
    script: (world) => {
      const client = world.connect().send('1\n');
      world.failCall('accept', 'AGAIN');
      world.advance(6000);
      return `the client reads ${JSON.stringify(client.text())}, ${ending(world)}`;
    },
    seedShows: 'the client reads "", it exited with 1: accept failed: errno 6',
    oursShows: 'the client reads "1\\n", it goes on',
  },
  {
    id: 'select-off-by-one',
    seed,
    ours,
    script: (world) => {
      const clients = Array.from({ length: 125 }, () => world.connect().send('1\n'));
      world.advance(700_000);
      const answered = clients.filter((client) => client.text() === '1\n').length;
      return `${answered} of 125 are answered, the last is ${clients[124]?.state ?? ''}`;
    },
    seedShows: '124 of 125 are answered, the last is open',
    oursShows: '125 of 125 are answered, the last is open',
  },
  {
    id: 'select-too-many-ends-all',
    seed,
    ours,
    script: (world) => {
      const clients = Array.from({ length: 126 }, () => world.connect());
      world.advance(700_000);
      const open = clients.filter((client) => client.state === 'open').length;
      return `${open} of 126 are open, ${ending(world)}`;
    },
    seedShows: '0 of 126 are open, it exited with 1: too many connections',
    oursShows: '126 of 126 are open, it goes on',
  },
  {
    id: 'select-one-feeds-the-others-starve',
    seed,
    ours,
    script: (world) => {
      const eager = world.connect();
      const other = world.connect();
      world.advance(12_000);
      const before = world.trace().length;
      eager.send('0'.repeat(500_000));
      other.send('1\n');
      world.advance(1000);
      const calls = world.trace().slice(before).split('\n');
      const reads = calls.filter((call) => call.includes(' recv('));
      const first = reads.findIndex((call) => call.includes(String.raw`"1\n"`));
      return `the other client was read after ${first < 10 ? 'fewer than 10' : '100 and more'} reads`;
    },
    seedShows: 'the other client was read after 100 and more reads',
    oursShows: 'the other client was read after fewer than 10 reads',
  },
];

// The bugs of the seed's client. Standard input of the twin is a file, so it is always readable, and
// the client that does not heed its end never rests: the scripts let it make so many calls.

import { type Bug, ending } from './seed-bug.ts';

const seed = 'seed-select01';
const ours = 'stdin-client';
const ADDRESS = 'tcp:127.0.0.1:9000';
const CALLS = 100;
const options = { listen: [], connect: [ADDRESS] };

export const clientBugs: readonly Bug[] = [
  {
    id: 'client-eof-spins',
    seed,
    ours,
    options: { ...options, stdin: '1\n' },
    script: (world) => {
      world.listen(ADDRESS);
      world.run();
      return `it waits for the server, ${ending(world)}`;
    },
    seedShows: 'it never waits again',
    oursShows: 'it waits for the server, it goes on',
  },
  {
    id: 'client-newline-stripped',
    seed,
    ours,
    options: { ...options, stdin: '1\n2\n' },
    script: (world) => {
      const server = world.listen(ADDRESS);
      world.stepCall(CALLS);
      return `the server reads ${JSON.stringify(server.connection().text())}`;
    },
    seedShows: 'the server reads "12"',
    oursShows: 'the server reads "1\\n2\\n"',
  },
  {
    id: 'client-no-half-close',
    seed,
    ours,
    options: { ...options, stdin: '1\n' },
    script: (world) => {
      const server = world.listen(ADDRESS);
      world.stepCall(CALLS);
      return `all was typed, and to the server the client is ${server.connection().state}`;
    },
    seedShows: 'all was typed, and to the server the client is open',
    oursShows: 'all was typed, and to the server the client is ended',
  },
  {
    id: 'client-eof-is-error',
    seed,
    ours,
    options,
    script: (world) => {
      const server = world.listen(ADDRESS);
      world.stepCall(CALLS);
      server.connection().send('1').close();
      world.stepCall(CALLS);
      return `the server ends, ${world.end?.code === 0 ? 'it exited with 0' : ending(world)}`;
    },
    seedShows: 'the server ends, it exited with 1: server terminated',
    oursShows: 'the server ends, it exited with 0',
  },
  {
    id: 'client-nul-cuts',
    seed,
    ours,
    options,
    script: (world) => {
      const server = world.listen(ADDRESS);
      world.stepCall(CALLS);
      server.connection().send('1\x002');
      world.stepCall(CALLS);
      return `it prints ${JSON.stringify(world.stdout)}`;
    },
    seedShows: 'it prints "1\\n"',
    oursShows: 'it prints "1\\u00002"',
  },
  {
    id: 'client-recv-line-overflow',
    seed,
    ours,
    options,
    script: (world) => {
      const server = world.listen(ADDRESS);
      world.stepCall(CALLS);
      server.connection().send('0'.repeat(4096));
      world.stepCall(CALLS);
      server.connection().send('4711');
      world.stepCall(CALLS);
      return `what comes behind 4,096 bytes is ${world.stdout.includes('4711') ? '' : 'not '}printed`;
    },
    seedShows: 'what comes behind 4,096 bytes is not printed',
    oursShows: 'what comes behind 4,096 bytes is printed',
  },
  {
    id: 'client-write-waits',
    seed,
    ours,
    options: { ...options, stdin: `${'0'.repeat(4000)}\n`.repeat(200), sendBufferBytes: 8192 },
    script: (world) => {
      const server = world.listen(ADDRESS, { receiveBufferBytes: 4096 });
      world.stepCall(1);
      server.connection().pause();
      world.stepCall(1000);
      server.connection().send('4711');
      world.stepCall(1000);
      return `what the server says is ${world.stdout.includes('4711') ? '' : 'not '}printed`;
    },
    seedShows: 'what the server says is not printed',
    oursShows: 'what the server says is printed',
  },
];

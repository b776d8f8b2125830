// The bugs of the seed's edge-triggered epoll server.

import { type Bug, ending } from './seed-bug.ts';

const seed = 'seed-epoll';
const ours = 'epoll-rot13';

export const epollBugs: readonly Bug[] = [
  {
    id: 'epoll-n-reused',
    seed,
    ours,
    script: (world) => {
      const clients = [];
      for (let i = 0; i < 3; i++) {
        clients.push(world.connect());
        world.run();
      }
      for (const client of clients) client.send('1');
      world.run();
      const texts = clients.map((client) => client.text());
      return `three send at once and read ${JSON.stringify(texts)}`;
    },
    seedShows: 'three send at once and read ["1","",""]',
    oursShows: 'three send at once and read ["1","1","1"]',
  },
  {
    id: 'epoll-stranded',
    seed,
    ours,
    script: (world) => {
      const clients = [world.connect().send('1'), world.connect().send('1')];
      world.run();
      const texts = clients.map((client) => client.text());
      const third = world.connect().send('1');
      world.run();
      const later = [...clients, third].map((client) => client.text());
      return `two connect at once: ${JSON.stringify(texts)}; with a third: ${JSON.stringify(later)}`;
    },
    seedShows: 'two connect at once: ["1",""]; with a third: ["1","1",""]',
    oursShows: 'two connect at once: ["1","1"]; with a third: ["1","1","1"]',
  },
  {
    id: 'epoll-accept-ends-all',
    seed,
    ours,
    script: (world) => {
      const other = world.connect();
      world.run();
      world.failCall('accept', 'CONNABORTED');
      world.connect();
      world.run();
      return `the other client is ${other.state}, ${ending(world)}`;
    },
    seedShows: 'the other client is ended, it exited with 1: accept failed: errno 13',
    oursShows: 'the other client is open, it goes on',
  },
  {
    id: 'epoll-read-error-ends-all',
    seed,
    ours,
    script: (world) => {
      const other = world.connect();
      world.run();
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
  {
    id: 'epoll-write-error-ends-all',
    seed,
    ours,
    script: (world) => {
      const other = world.connect();
      world.run();
      const slow = world.connect({ receiveBufferBytes: 4096, sendBufferBytes: 8192 });
      world.run();
      slow.pause().send('0'.repeat(8_000_000));
      world.run();
      return `the other client is ${other.state}, ${ending(world)}`;
    },
    seedShows: 'the other client is ended, it exited with 1: write error: errno 6',
    oursShows: 'the other client is open, it goes on',
  },
  {
    id: 'epoll-hup-drops',
    seed,
    ours,
    script: (world) => {
      const client = world.connect();
      world.run();
      client.send('4711').reset();
      world.run();
      const wasRead = /recv\(.*"4711"/.test(world.trace());
      return `4 bytes that came before the reset were ${wasRead ? 'read' : 'not read'}`;
    },
    seedShows: '4 bytes that came before the reset were not read',
    oursShows: '4 bytes that came before the reset were read',
  },
];

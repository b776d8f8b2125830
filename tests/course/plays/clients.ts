// The clients, and the servers that they meet.

import { line } from '../support/bytes.ts';
import type { Peer } from '../support/peer.ts';
import type { Play, Stage } from '../support/stage.ts';

const LONG = line(50_000).toString('latin1');
const RESETS = 3;

export const CLIENT_PLAYS: readonly Play[] = [
  {
    program: 'stdin-client',
    title: 'sends its input, prints the answers, and ends when both have ended',
    role: 'connected',
    input: 'Hello\nWorld',
    peers: conversation,
    holds: ['Hello\nWorld', { code: 0, stdout: 'an answer\nand more\n', stderr: '' }],
  },
  {
    program: 'stdin-client',
    title: 'does the same on a connection that it makes',
    role: 'connects',
    input: 'Hello\nWorld',
    peers: conversation,
    holds: ['Hello\nWorld', { code: 0, stdout: 'an answer\nand more\n', stderr: '' }],
  },
  {
    program: 'stdin-client',
    title: 'loses no byte of a long input, and none of a long answer',
    role: 'connected',
    input: LONG,
    peers: async (stage) => {
      const server = await stage.accept();
      await server.received(LONG.length);
      const heard = server.bytes.toString('latin1');
      await server.send(LONG);
      server.finish();
      const { code, stdout } = await stage.outcome();
      return [heard === LONG, stdout === LONG, code];
    },
    holds: [true, true, 0],
  },
  {
    program: 'stdin-client',
    title: 'says that it was reset, behind what had come before',
    role: 'connected',
    input: 'Hello\n',
    peers: async (stage) => {
      const server = await stage.accept();
      await server.received('Hello\n'.length);
      server.reset();
      return stage.outcome();
    },
    holds: { code: 1, stdout: '', stderr: 'guest: cannot receive: connection reset\n' },
  },
  ...['stdin-client', 'rst-client'].map((program): Play => ({
    program,
    title: 'says that nobody listens there',
    role: 'connects',
    isRefused: true,
    peers: (stage) => stage.outcome(),
    holds: {
      code: 1,
      stdout: '',
      stderr: 'guest: cannot connect to SERVER: connection refused\n',
    },
  })),
  {
    program: 'rst-client',
    title: 'resets every one of its connections',
    args: ['--count', String(RESETS)],
    role: 'connects',
    peers: async (stage) => {
      const { code, stdout } = await stage.outcome();
      const servers = await acceptAll(stage);
      const ends = await Promise.all(servers.map((server) => server.ended()));
      return [ends, { code, stdout }];
    },
    holds: [Array(RESETS).fill('reset'), { code: 0, stdout: `reset ${RESETS} connections\n` }],
  },
];

async function conversation(stage: Stage): Promise<unknown> {
  const server = await stage.accept();
  // Its input ends, and it waits on for answers.
  await server.ended();
  await server.send('an answer\n');
  await server.send('and more\n');
  server.finish();
  return [server.bytes.toString('latin1'), await stage.outcome()];
}

async function acceptAll(stage: Stage): Promise<Peer[]> {
  const servers: Peer[] = [];
  while (servers.length < RESETS) servers.push(await stage.accept());
  return servers;
}

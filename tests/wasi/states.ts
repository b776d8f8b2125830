// The table of what a descriptor can be in: every kind of descriptor, in every state that matters
// to a wait, and what poll_oneoff has to say of it.

import * as assert from 'uvu/assert';
import type { StdioKind, StdioKinds } from '../contract/peers.ts';
import { NONBLOCK, SHUT_READ, SHUT_WRITE } from './spec.ts';
import type { Connection, TestWorld } from './world.ts';

/** `-` it waits, `+` ready, `!` ready and hung up; or the errno of the event. */
export type Answer = '-' | '+' | '!' | 'BADF' | 'NOTSUP';

export interface State {
  readonly title: string;
  /** What polling for reading, and for writing, answers. */
  readonly read: Answer;
  readonly write: Answer;
  /** Brings about a descriptor that is in this state. @returns its fd */
  readonly make: (world: TestWorld) => number;
  readonly stdio?: StdioKinds;
}

type Make = (world: TestWorld) => number;
type Step = (world: TestWorld, connection: Connection) => void;
type Row = readonly [title: string, read: Answer, write: Answer, make: Make];

// ---- what happens to a connection --------------------------------------------------------------

const peerSends: Step = (_, { peer }) => void peer.send('data');
const peerEnds: Step = (_, { peer }) => peer.endSending();
const peerResets: Step = (_, { peer }) => peer.reset();
const peerCloses: Step = (_, { peer }) => peer.close();
const peerTakesAll: Step = (_, { peer }) => void peer.receive();
const guestEnds: Step = (world, { fd }) => shut(world, fd, SHUT_WRITE);
const guestStopsReading: Step = (world, { fd }) => shut(world, fd, SHUT_READ);
const guestReads: Step = (world, { fd }) => void world.recv(fd);
const guestSends: Step = (world, { fd }) => void world.send(fd, 'data');
const guestFills: Step = (world, { fd }) => assert.ok(world.fill(fd) > 0);

function shut(world: TestWorld, fd: number, how: number): void {
  assert.is(world.errno('sock_shutdown', fd, how), 'SUCCESS');
}

/** A TCP connection to which `steps` happened. */
function tcp(...steps: readonly Step[]): Make {
  return (world) => {
    const connection = world.connect();
    happen(world, connection, steps);
    return connection.fd;
  };
}

/** A connection over a unix socket to which `steps` happened. */
function unix(...steps: readonly Step[]): Make {
  return (world) => {
    const connection = world.connect(NONBLOCK, world.listen('unix'));
    happen(world, connection, steps);
    return connection.fd;
  };
}

function happen(world: TestWorld, connection: Connection, steps: readonly Step[]): void {
  for (const step of steps) {
    step(world, connection);
    world.peers.settle();
  }
}

/** The listener, to which a client connected that did `steps` then. */
function queued(...steps: readonly Step[]): Make {
  return (world) => {
    happen(world, { fd: -1, peer: world.peers.connect(world.address) }, steps);
    world.peers.settle();
    return world.listenFd;
  };
}

/** A TCP connection that is accepted after its client did `steps`. */
function lateTcp(...steps: readonly Step[]): Make {
  return (world) => world.accept(NONBLOCK, queued(...steps)(world));
}

/** The one standard stream that there is, whose far end did `steps`. */
function stdio(...steps: readonly ((world: TestWorld) => void)[]): Make {
  return (world) => {
    for (const step of steps) step(world);
    return 0;
  };
}

// ---- the table ---------------------------------------------------------------------------------

const LISTENERS: readonly Row[] = [
  ['a listener', '-', '-', (world) => world.listenFd],
  ['a listener with a connection', '+', '-', queued()],
  ['a listener whose connection was reset', '+', '-', queued(peerResets)],
  ['a listener whose connection has ended', '+', '-', queued(peerEnds)],
  ['a listener whose connection has data', '+', '-', queued(peerSends)],
  [
    'a listener that was shut',
    '!',
    '!',
    (world) => {
      shut(world, world.listenFd, SHUT_READ);
      return world.listenFd;
    },
  ],
  ['a unix listener', '-', '-', (world) => world.listen('unix').fd],
  [
    'a unix listener with a connection',
    '+',
    '-',
    (world) => {
      const { fd, address } = world.listen('unix');
      world.peers.connect(address);
      return fd;
    },
  ],
];

const TCP: readonly Row[] = [
  ['a connection', '-', '+', tcp()],
  ['a connection with data', '+', '+', tcp(peerSends)],
  ['a connection whose data was read', '-', '+', tcp(peerSends, guestReads)],
  ['a connection that the peer ended', '+', '+', tcp(peerEnds)],
  ['a connection with data that the peer ended', '+', '+', tcp(peerSends, peerEnds)],
  ['a connection whose end was read', '+', '+', tcp(peerEnds, guestReads)],
  ['a connection ended by the peer, then by the guest', '!', '!', tcp(peerEnds, guestEnds)],
  ['a connection ended by the guest, then by the peer', '!', '!', tcp(guestEnds, peerEnds)],
  ['a connection with data, ended by both', '!', '!', tcp(peerSends, peerEnds, guestEnds)],
  ['a connection that the guest ended', '-', '+', tcp(guestEnds)],
  ['a connection that the guest ended, with data', '+', '+', tcp(guestEnds, peerSends)],
  ['a connection of which the guest reads no more', '+', '+', tcp(guestStopsReading)],
  ['data after the guest reads no more', '+', '+', tcp(guestStopsReading, peerSends)],
  ['a connection shut in both directions', '!', '!', tcp(guestStopsReading, guestEnds)],
  ['a reset connection', '!', '!', tcp(peerResets)],
  ['a reset connection with data', '!', '!', tcp(peerSends, peerResets)],
  ['a reset connection that the guest had ended', '!', '!', tcp(guestEnds, peerResets)],
  ['a reset connection that the peer had ended', '!', '!', tcp(peerEnds, peerResets)],
  ['a reset that recv has told', '!', '!', tcp(peerResets, guestReads)],
  ['a reset that send has told', '!', '!', tcp(peerResets, guestSends)],
  ['a peer that closed with unread data', '!', '!', tcp(guestSends, peerCloses)],
  ['a peer that closed and was sent to', '!', '!', tcp(peerCloses, guestSends)],
  ['a full send buffer', '-', '-', tcp(guestFills)],
  ['a full send buffer and data', '+', '-', tcp(guestFills, peerSends)],
  ['a full send buffer and the end of the peer', '+', '-', tcp(guestFills, peerEnds)],
  ['a full send buffer that the peer emptied', '-', '+', tcp(guestFills, peerTakesAll)],
  ['a full send buffer of a reset connection', '!', '!', tcp(guestFills, peerResets)],
  ['a full send buffer that the guest ended', '-', '+', tcp(guestFills, guestEnds)],
  ['data from before accept', '+', '+', lateTcp(peerSends)],
  ['an end from before accept', '+', '+', lateTcp(peerEnds)],
  ['a reset from before accept', '!', '!', lateTcp(peerResets)],
  ['data and a reset from before accept', '!', '!', lateTcp(peerSends, peerResets)],
];

const UNIX: readonly Row[] = [
  ['a unix connection', '-', '+', unix()],
  ['a unix connection with data', '+', '+', unix(peerSends)],
  ['a unix connection that the peer ended', '+', '+', unix(peerEnds)],
  ['a unix connection ended by the peer, then by the guest', '!', '!', unix(peerEnds, guestEnds)],
  ['a unix connection ended by the guest, then by the peer', '!', '!', unix(guestEnds, peerEnds)],
  ['a unix connection that the guest ended', '-', '+', unix(guestEnds)],
  ['a unix connection of which the guest reads no more', '+', '+', unix(guestStopsReading)],
  ['a unix connection whose peer is gone', '!', '!', unix(peerCloses)],
  ['a unix connection with data whose peer is gone', '!', '!', unix(peerSends, peerCloses)],
  ['a unix peer that closed with unread data', '!', '!', unix(guestSends, peerCloses)],
  ['a full unix send buffer', '-', '-', unix(guestFills)],
  ['a full unix send buffer that the peer emptied', '-', '+', unix(guestFills, peerTakesAll)],
];

const farSends = (world: TestWorld): void => world.peers.stdio(0).send('data');
const farCloses = (world: TestWorld): void => world.peers.stdio(0).close();

const PIPE_INPUT: readonly Row[] = [
  ['a pipe as input', '-', '-', stdio()],
  ['a pipe as input with data', '+', '-', stdio(farSends)],
  ['a pipe as input whose writer is gone', '!', '!', stdio(farCloses)],
  ['a pipe as input with data whose writer is gone', '!', '!', stdio(farSends, farCloses)],
];

const SOCKET_INPUT: readonly Row[] = [
  ['a socket as input', '-', '+', stdio()],
  ['a socket as input with data', '+', '+', stdio(farSends)],
  ['a socket as input whose peer is gone', '!', '!', stdio(farCloses)],
];

const PIPE_OUTPUT: readonly Row[] = [
  ['a pipe as output', '-', '+', stdio()],
  ['a full pipe as output', '-', '-', stdio(fillOutput)],
  ['a full pipe as output that was emptied', '-', '+', stdio(fillOutput, farOutputTakes)],
  ['a pipe as output whose reader is gone', '+', '+', stdio(farOutputCloses)],
];

function fillOutput(world: TestWorld): void {
  assert.is(world.errno('fd_fdstat_set_flags', 0, NONBLOCK), 'SUCCESS');
  assert.ok(world.fill(0) > 0);
}

function farOutputTakes(world: TestWorld): void {
  assert.ok(world.peers.stdio(1).receive().length > 0);
}

function farOutputCloses(world: TestWorld): void {
  world.peers.stdio(1).close();
}

const NUMBERS: readonly Row[] = [
  ['a number that was never open', 'BADF', 'BADF', () => 99],
  ['the number 2^31', 'BADF', 'BADF', () => 2 ** 31],
  ['the number 2^32 - 1', 'BADF', 'BADF', () => 2 ** 32 - 1],
  [
    'a closed connection',
    'BADF',
    'BADF',
    (world) => {
      const { fd } = world.connect();
      assert.is(world.errno('fd_close', fd), 'SUCCESS');
      return fd;
    },
  ],
];

function states(rows: readonly Row[], streams?: StdioKinds): readonly State[] {
  return rows.map(([title, read, write, make]) => ({
    title,
    read,
    write,
    make,
    ...(streams === undefined ? {} : { stdio: streams }),
  }));
}

function input(kind: StdioKind): StdioKinds {
  return [kind, 'none', 'none'];
}

export const STATES: readonly State[] = [
  ...states(LISTENERS),
  ...states(TCP),
  ...states(UNIX),
  ...states(PIPE_INPUT, input('pipe')),
  ...states(SOCKET_INPUT, input('socket')),
  ...states(PIPE_OUTPUT, ['none', 'pipe', 'none']),
  ...states([['a file', '+', '+', stdio()]], input('file')),
  ...states([['/dev/null', '+', '+', stdio()]], input('null')),
  ...states([['a directory', 'NOTSUP', 'NOTSUP', stdio()]], input('directory')),
  ...states(NUMBERS),
];

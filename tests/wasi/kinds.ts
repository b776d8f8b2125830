// Every kind of descriptor that a guest can have, each in a world of its own.

import type { StdioKinds } from '../contract/peers.ts';
import { NONBLOCK, Right } from './spec.ts';
import type { TestWorld } from './world.ts';

export interface KindOfDescriptor {
  readonly title: string;
  /** `filetype`. */
  readonly fileType: number;
  readonly rights: number;
  /** Brings one about, NONBLOCK. @returns its fd */
  readonly make: (world: TestWorld) => number;
  readonly stdio?: StdioKinds;
}

const ALWAYS = Right.POLL_FD_READWRITE | Right.FD_FDSTAT_SET_FLAGS | Right.FD_FILESTAT_GET;
const LISTENER = ALWAYS | Right.FD_READ | Right.SOCK_ACCEPT;
const STREAM = ALWAYS | Right.FD_READ | Right.FD_WRITE;
const SOCKET = STREAM | Right.SOCK_SHUTDOWN;

const CHARACTER_DEVICE = 2;
const DIRECTORY = 3;
const REGULAR_FILE = 4;
const SOCKET_STREAM = 6;

function nonBlocking(world: TestWorld, fd: number): number {
  world.errno('fd_fdstat_set_flags', fd, NONBLOCK);
  return fd;
}

/** The one standard stream of a world. */
const stdio = (world: TestWorld): number => nonBlocking(world, 0);

/** In the order of the columns of the tables that go over them. */
export const KINDS: readonly KindOfDescriptor[] = [
  {
    title: 'a listener',
    fileType: SOCKET_STREAM,
    rights: LISTENER,
    make: (world) => nonBlocking(world, world.listenFd),
  },
  {
    title: 'a unix listener',
    fileType: SOCKET_STREAM,
    rights: LISTENER,
    make: (world) => nonBlocking(world, world.listen('unix').fd),
  },
  {
    title: 'a connection',
    fileType: SOCKET_STREAM,
    rights: SOCKET,
    make: (world) => world.connect(NONBLOCK).fd,
  },
  {
    title: 'a unix connection',
    fileType: SOCKET_STREAM,
    rights: SOCKET,
    make: (world) => world.connect(NONBLOCK, world.listen('unix')).fd,
  },
  {
    title: 'a pipe as input',
    fileType: 0,
    rights: STREAM,
    make: stdio,
    stdio: ['pipe', 'none', 'none'],
  },
  {
    title: 'a pipe as output',
    fileType: 0,
    rights: STREAM,
    make: stdio,
    stdio: ['none', 'pipe', 'none'],
  },
  {
    title: 'a socket as input',
    fileType: SOCKET_STREAM,
    rights: STREAM,
    make: stdio,
    stdio: ['socket', 'none', 'none'],
  },
  {
    title: 'a file as input',
    fileType: REGULAR_FILE,
    rights: STREAM,
    make: stdio,
    stdio: ['file', 'none', 'none'],
  },
  {
    title: 'a directory as input',
    fileType: DIRECTORY,
    rights: STREAM,
    make: stdio,
    stdio: ['directory', 'none', 'none'],
  },
  {
    title: '/dev/null as input',
    fileType: CHARACTER_DEVICE,
    rights: STREAM,
    make: stdio,
    stdio: ['null', 'none', 'none'],
  },
];

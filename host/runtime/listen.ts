// Opens the listening sockets that a guest is given. On the main thread: a host's name may take
// time to resolve, and an address in use is reported before the guest exists.

import { lstatSync, unlinkSync } from 'node:fs';
import { assert } from '../base/assert.ts';
import { Errno, errnoName } from '../base/errno.ts';
import { PolluxError } from '../base/pollux-error.ts';
import { SocketFile } from './socket-files.ts';
import { type Address, type ListenAddress, parseListenAddress } from '../kernel/address.ts';
import type { Handle, Kernel } from '../kernel/kernel.ts';
import { resolveAddress } from './resolve.ts';

/** What accepts connections for a guest. */
export interface Listener {
  /** For LISTEN_FDNAMES. */
  readonly name: string;
  /** As bound: with the port that the system chose. */
  readonly address: Address;
  readonly handle: Handle;
  readonly file: SocketFile;
}

/** The longest queue that Linux grants by default (net.core.somaxconn). */
const BACKLOG = 4096;

/** Where to listen, and by which name the guest finds it. */
export interface ListenRequest {
  readonly name: string | undefined;
  readonly address: ListenAddress;
  /** As the user wrote it. */
  readonly text: string;
}

/**
 * Reads `[NAME=]ADDRESS`.
 *
 * @throws PolluxError `BAD_ADDRESS`
 */
export function parseListenRequest(text: string): ListenRequest {
  const match = /^(?:(?<name>[A-Za-z0-9._-]+)=)?(?<address>.*)$/s.exec(text);
  const address = parseListenAddress(match?.groups?.['address'] ?? '');
  if (typeof address === 'string') {
    throw new PolluxError('BAD_ADDRESS', `can not listen on ${JSON.stringify(text)}: ${address}`);
  }
  return { name: match?.groups?.['name'], address, text };
}

/**
 * Opens one listener.
 *
 * @param index its place among the guest's listeners: without a name it is `listen<index>`.
 * @throws PolluxError `BAD_ADDRESS` when the host has no address, `CANNOT_LISTEN` when the system
 *   refuses.
 */
export async function openListener(
  kernel: Kernel,
  request: ListenRequest,
  index: number,
): Promise<Listener> {
  const [address] = await resolveAddress(request.address, `can not listen on ${request.text}`);
  assert(address !== undefined, 'a host has an address, or resolving it throws');
  const opened = kernel.open(address.family);
  if (opened < 0) throw cannotListen(request, -opened);
  const bound = bindAndListen(kernel, opened, address);
  if (bound < 0) {
    kernel.close(opened);
    throw cannotListen(request, -bound);
  }
  const local = kernel.localAddress(opened);
  if (typeof local === 'number') throw cannotListen(request, -local);
  return {
    name: request.name ?? `listen${index}`,
    address: local,
    handle: opened,
    file: new SocketFile(local),
  };
}

function bindAndListen(kernel: Kernel, handle: Handle, address: Address): number {
  let bound = kernel.bind(handle, address);
  if (bound === -Errno.ADDRINUSE && address.family === 'unix' && isStale(kernel, address)) {
    unlinkSync(address.path);
    bound = kernel.bind(handle, address);
  }
  return bound < 0 ? bound : kernel.listen(handle, BACKLOG);
}

/** True for a socket's file that a server left behind: only one that refuses is surely dead. */
function isStale(kernel: Kernel, address: Address & { family: 'unix' }): boolean {
  if (!lstatSync(address.path, { throwIfNoEntry: false })?.isSocket()) return false;
  const probe = kernel.open('unix');
  if (probe < 0) return false;
  const result = kernel.connect(probe, address);
  kernel.close(probe);
  return result === -Errno.CONNREFUSED;
}

function cannotListen({ text, address }: ListenRequest, errno: number): PolluxError {
  return new PolluxError('CANNOT_LISTEN', `can not listen on ${text}: ${reason(errno, address)}`);
}

function reason(errno: number, address: ListenAddress): string {
  const isUnix = address.kind === 'unix';
  switch (errno) {
    case Errno.ADDRINUSE:
      return isUnix
        ? 'the path is in use: a server answers there, or it is no socket; choose another path'
        : 'the port is in use; stop what listens there, or choose another (port 0 picks a free one)';
    case Errno.ACCES:
      return isUnix
        ? 'not permitted to write there'
        : 'not permitted; ports below 1024 are for root';
    case Errno.ADDRNOTAVAIL:
      return 'this machine does not have that address';
    case Errno.NOENT:
      return 'the directory does not exist';
    default:
      return `the system answered ${errnoName(errno)}`;
  }
}

// Makes the connections that a guest is given. On the main thread, and before the guest: one that is
// refused is reported while there is nothing to clean up.

import { setTimeout as sleep } from 'node:timers/promises';
import { Errno, errnoName } from '../base/errno.ts';
import { PolluxError } from '../base/pollux-error.ts';
import { type Address, type ListenAddress, parseListenAddress } from '../kernel/address.ts';
import type { Handle, Kernel } from '../kernel/kernel.ts';
import { resolveAddress } from './resolve.ts';

/** How often a connection that is on its way is asked after: soon at first, then less often. */
const ASK_MS_FIRST = 1;
const ASK_MS_MAX = 16;

/** Where to connect to. */
export interface ConnectRequest {
  readonly address: ListenAddress;
  /** As the user wrote it. */
  readonly text: string;
}

/** How long a connection is waited for. */
export interface ConnectWait {
  /** All addresses of a host together. */
  readonly timeoutMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined;
}

/** @throws PolluxError `BAD_ADDRESS` */
export function parseConnectRequest(text: string): ConnectRequest {
  const address = parseListenAddress(text);
  if (typeof address === 'string') throw badAddress(text, address);
  if (address.kind === 'tcp' && address.port === 0) {
    throw badAddress(text, 'no one listens on port 0; write the port of the server');
  }
  return { address, text };
}

/**
 * Connects to the first address of the host that answers.
 *
 * @returns a connected socket of `kernel`.
 * @throws PolluxError `BAD_ADDRESS` when the host has no address, `CANNOT_CONNECT` when it is
 *   refused, out of reach, or does not answer in time. AbortError.
 */
export async function openConnection(
  kernel: Kernel,
  { address, text }: ConnectRequest,
  wait: ConnectWait,
): Promise<Handle> {
  const addresses = await resolveAddress(address, purposeOf(text));
  const { timeoutMs, signal } = wait;
  const deadlineMs = performance.now() + timeoutMs;
  let errno: number = Errno.ADDRNOTAVAIL;
  for (const candidate of addresses) {
    const result = await connect(kernel, candidate, deadlineMs, signal);
    if (result >= 0) return result;
    errno = -result;
    if (performance.now() >= deadlineMs) break;
  }
  const reason = reasonOf(errno, address, timeoutMs);
  throw new PolluxError('CANNOT_CONNECT', `${purposeOf(text)}: ${reason}`);
}

/**
 * @returns a handle, or a negated errno; `-TIMEDOUT` also when the deadline came.
 * @throws AbortError; the socket is left to the end of the kernel.
 */
async function connect(
  kernel: Kernel,
  address: Address,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const handle = kernel.open(address.family);
  if (handle < 0) return handle;
  let askMs = ASK_MS_FIRST;
  for (;;) {
    const result = kernel.connect(handle, address);
    if (result === 0) return handle;
    const leftMs = deadlineMs - performance.now();
    if (!isUnderWay(result) || leftMs <= 0) {
      kernel.close(handle);
      return isUnderWay(result) ? -Errno.TIMEDOUT : result;
    }
    await sleep(Math.min(askMs, leftMs), undefined, signal === undefined ? {} : { signal });
    askMs = Math.min(2 * askMs, ASK_MS_MAX);
  }
}

/** A unix listener with a full queue makes the client come again. */
function isUnderWay(result: number): boolean {
  return result === -Errno.INPROGRESS || result === -Errno.ALREADY || result === -Errno.AGAIN;
}

function badAddress(text: string, problem: string): PolluxError {
  return new PolluxError('BAD_ADDRESS', `${purposeOf(text)}: ${problem}`);
}

function purposeOf(text: string): string {
  return `can not connect to ${JSON.stringify(text)}`;
}

function reasonOf(errno: number, address: ListenAddress, timeoutMs: number): string {
  switch (errno) {
    case Errno.CONNREFUSED:
      return 'the connection is refused; is the server running?';
    case Errno.TIMEDOUT:
      return `no answer within ${timeoutMs} ms; --connect-timeout gives it more time`;
    case Errno.NETUNREACH:
    case Errno.HOSTUNREACH:
      return 'there is no way there from this machine';
    case Errno.ACCES:
      return address.kind === 'unix' ? 'not permitted to write there' : 'not permitted';
    case Errno.NOENT:
      return 'there is no such path; is the server running?';
    default:
      return `the system answered ${errnoName(errno)}`;
  }
}

// Turns the hosts that people write into numbers. On the main thread: a name may take time, and
// getaddrinfo blocks the thread of libuv's that asks it.

import { lookup } from 'node:dns/promises';
import { PolluxError } from '../base/pollux-error.ts';
import type { Address, ListenAddress } from '../kernel/address.ts';

/** Numeric addresses of a host, the preferred one first: one at least. */
export interface Resolved {
  readonly family: 'ipv4' | 'ipv6';
  readonly host: string;
}

/**
 * @param purpose how a message begins: `can not listen on tcp:nowhere:80`.
 * @throws PolluxError `BAD_ADDRESS` when the host has no address.
 */
export async function resolveHost(host: string, purpose: string): Promise<Resolved[]> {
  try {
    const found = await lookup(host, { all: true });
    return found.map(({ family, address }) => ({
      family: family === 6 ? 'ipv6' : 'ipv4',
      host: address,
    }));
  } catch (error) {
    throw new PolluxError('BAD_ADDRESS', `${purpose}: ${host} has no address`, { cause: error });
  }
}

/** The addresses that were written as one. @throws as {@link resolveHost} */
export async function resolveAddress(address: ListenAddress, purpose: string): Promise<Address[]> {
  if (address.kind === 'unix') return [{ family: 'unix', path: address.path }];
  const found = await resolveHost(address.host, purpose);
  return found.map(({ family, host }) => ({ family, host, port: address.port }));
}

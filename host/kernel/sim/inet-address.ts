// Which addresses a simulated machine has, and how a socket of a family reads one it is given. The
// machine has its loopback and nothing else: there is no way to anywhere.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { type Address, UNIX_PATH_BYTES_MAX } from '../address.ts';
import { formatIpv6, isMapped, mappedIpv4, parseIpv4, parseIpv6 } from '../inet.ts';
import type { InetAddress } from './ports.ts';

/** Bytes of a sockaddr_in, and the least that an IPv6 socket takes for an address. */
const IPV4_BYTES = 16;
const UNIX_PATH_AT = 2;

/**
 * The address to bind a socket of `family` to.
 *
 * @returns it; `-INVAL`, `-AFNOSUPPORT`, `-ADDRNOTAVAIL`. Source: inet_bind, inet6_bind.
 */
export function resolveBind(
  family: InetAddress['family'],
  address: Address,
): InetAddress | SysResult {
  const read = readAddress(family, address);
  if (typeof read === 'number') return read;
  return isOurs(read) ? read : -Errno.ADDRNOTAVAIL;
}

/**
 * The address to connect a socket of `family` to: that of any host means this one.
 *
 * @returns it; `-INVAL`, `-AFNOSUPPORT`, `-NETUNREACH`. Source: tcp_v4_connect, tcp_v6_connect.
 */
export function resolveConnect(
  family: InetAddress['family'],
  address: Address,
): InetAddress | SysResult {
  const read = readAddress(family, address);
  if (typeof read === 'number') return read;
  if (!isOurs(read)) return -Errno.NETUNREACH;
  if (read.host === '0.0.0.0') return { ...read, host: '127.0.0.1' };
  if (read.host === '::') return { ...read, host: '::1' };
  if (!read.host.startsWith('::ffff:')) return read;
  return { family: 'ipv4', host: read.host.slice('::ffff:'.length), port: read.port };
}

/**
 * Whether an address can be written down at all: a host and a port that are numbers, a path.
 *
 * @returns 0; `-INVAL`; `-NAMETOOLONG` for a path over 107 bytes.
 */
export function checkWellFormed(address: Address): SysResult {
  if (address.family !== 'unix') return canonical(address) === undefined ? -Errno.INVAL : 0;
  const { path } = address;
  if (path === '' || path.includes('\0')) return -Errno.INVAL;
  return pathBytes(path) > UNIX_PATH_BYTES_MAX ? -Errno.NAMETOOLONG : 0;
}

/** A well-formed address in its usual spelling, for a socket of `family`. */
function readAddress(family: InetAddress['family'], address: Address): InetAddress | SysResult {
  if (address.family === family) return canonical(address) ?? -Errno.INVAL;
  return isTooShort(family, address) ? -Errno.INVAL : -Errno.AFNOSUPPORT;
}

function canonical({ family, host, port }: InetAddress): InetAddress | undefined {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  if (family === 'ipv4') return parseIpv4(host) === undefined ? undefined : { family, host, port };
  const groups = parseIpv6(host);
  return groups === undefined ? undefined : { family, host: formatIpv6(groups), port };
}

function pathBytes(path: string): number {
  return new TextEncoder().encode(path).length;
}

/** Linux looks at an address' length before its family. */
function isTooShort(family: InetAddress['family'], address: Address): boolean {
  if (address.family !== 'unix') return address.family === 'ipv4';
  const bytes = UNIX_PATH_AT + pathBytes(address.path) + 1;
  return bytes < (family === 'ipv4' ? IPV4_BYTES : 24);
}

function isOurs({ family, host }: InetAddress): boolean {
  if (family === 'ipv4') return host === '0.0.0.0' || host.startsWith('127.');
  if (host === '::' || host === '::1') return true;
  const groups = parseIpv6(host) as number[];
  return isMapped(groups) && mappedIpv4(groups).startsWith('127.');
}

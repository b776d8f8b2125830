// What a guest may connect to, as people write it: a pattern of `--allow-connect`. Everything that
// could be read in two ways is refused here, by a line that names the way out.
//
//     PATTERN  [tcp:]HOST:PORT   an IPv4 address, or a name that is resolved once, at the start
//              [tcp:]IPV4/LENGTH:PORT
//              [tcp:][IPV6]:PORT, [tcp:][IPV6/LENGTH]:PORT     (with these brackets)
//              unix:PATH         from the root on; no other path, however it gets there, is it
//     PORT     N, N-M, or * for every port from 1 to 65535

import { UNIX_PATH_BYTES_MAX } from '../kernel/address.ts';
import { isMapped, mappedIpv4, parseIpv4, parseIpv6 } from '../kernel/inet.ts';

/** Both are included. */
export interface Ports {
  readonly first: number;
  readonly last: number;
}

/** What may be connected to, in numbers. Can be cloned from one thread to another. */
export type ConnectRule =
  | {
      readonly family: 'ipv4' | 'ipv6';
      /** Four or sixteen; those behind the prefix are 0. */
      readonly bytes: readonly number[];
      readonly prefixBits: number;
      readonly ports: Ports;
    }
  | { readonly family: 'unix'; readonly path: string };

/** A pattern: a rule, or what becomes some when its host is resolved. */
export type ConnectPattern =
  | { readonly kind: 'rule'; readonly rule: ConnectRule }
  | { readonly kind: 'name'; readonly host: string; readonly ports: Ports };

const PORT_MAX = 65535;
const HOST_BYTES_MAX = 253;

/** @returns the pattern, or (a string) what is wrong with the text, in words for a person. */
export function parseConnectPattern(text: string): ConnectPattern | string {
  if (text.startsWith('unix:')) return parsePath(text.slice('unix:'.length));
  // As `--connect` writes it. A host that is called tcp is `tcp:tcp:PORT`.
  const rest = text.startsWith('tcp:') ? text.slice('tcp:'.length) : text;
  const match = /^(?:\[(?<v6>[^[\]]*)\]|(?<host>[^:[\]]*)):(?<ports>[^:]*)$/.exec(rest);
  if (match?.groups === undefined) {
    return 'a pattern is HOST:PORT, IPV4/LENGTH:PORT, [IPV6]:PORT, [IPV6/LENGTH]:PORT or unix:PATH';
  }
  const ports = parsePorts(match.groups['ports'] ?? '');
  if (typeof ports === 'string') return ports;
  const v6 = match.groups['v6'];
  return v6 === undefined ? parseHost(match.groups['host'] ?? '', ports) : parseV6(v6, ports);
}

/** The rule for one address that a name was resolved to. @returns it, or what is wrong with it */
export function ruleOfAddress(host: string, ports: Ports): ConnectRule | string {
  // A mapped address is the IPv4 address that it stands for; a resolver may give one.
  const groups = parseIpv6(host);
  const isIpv6 = groups !== undefined && !isMapped(groups);
  const ipv4 = groups === undefined ? host : mappedIpv4(groups);
  const parsed = isIpv6 ? parseV6(host, ports) : parseHost(ipv4, ports);
  if (typeof parsed === 'string') return parsed;
  return parsed.kind === 'rule' ? parsed.rule : `${JSON.stringify(host)} is no address`;
}

/** The bytes of a numeric host, or undefined for what is none. */
export function bytesOfHost(family: 'ipv4' | 'ipv6', host: string): number[] | undefined {
  if (family === 'ipv4') return parseIpv4(host);
  return parseIpv6(host)?.flatMap((group) => [group >> 8, group & 0xff]);
}

function parseHost(host: string, ports: Ports): ConnectPattern | string {
  if (host === '') return 'the host is missing: 127.0.0.1:PORT, or 0.0.0.0/0:PORT for every one';
  if (host.includes('/')) return parseNetwork('ipv4', host, ports);
  if (parseIpv4(host) !== undefined) return parseNetwork('ipv4', `${host}/32`, ports);
  const labels = host.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  if (/^(?:\d+|0[xX][0-9a-fA-F]*)$/.test(last)) {
    return `${JSON.stringify(host)} is no IPv4 address: write four numbers from 0 to 255`;
  }
  const isName = labels.every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label));
  if (!isName || host.length > HOST_BYTES_MAX) {
    const every = host.includes('*') ? '; for every host write 0.0.0.0/0 and [::/0]' : '';
    return `${JSON.stringify(host)} is neither an address nor the name of a host${every}`;
  }
  return { kind: 'name', host, ports };
}

function parseV6(text: string, ports: Ports): ConnectPattern | string {
  if (text.includes('%')) return 'an address is allowed on every interface: write it without its %';
  return parseNetwork('ipv6', text.includes('/') ? text : `${text}/128`, ports);
}

function parseNetwork(
  family: 'ipv4' | 'ipv6',
  text: string,
  ports: Ports,
): ConnectPattern | string {
  const [host = '', length = '', ...more] = text.split('/');
  const bytes = bytesOfHost(family, host);
  const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
  if (bytes === undefined || more.length > 0)
    return `${JSON.stringify(host)} is no ${name} address`;
  const bitsMax = bytes.length * 8;
  const prefixBits = Number(length);
  if (!/^\d{1,3}$/.test(length) || prefixBits > bitsMax) {
    return `the length ${JSON.stringify(length)} of a network is a number from 0 to ${bitsMax}`;
  }
  const problem = hiddenMeaning(family, bytes, prefixBits);
  if (problem !== undefined) return problem;
  if (!bytes.every((byte, at) => (byte & ~maskAt(prefixBits, at)) === 0)) {
    return `${host} has bits behind its first ${prefixBits}: write the network's first address`;
  }
  return { kind: 'rule', rule: { family, bytes, prefixBits, ports } };
}

/** Addresses that mean another one to the system, and so would never match. */
function hiddenMeaning(
  family: 'ipv4' | 'ipv6',
  bytes: readonly number[],
  prefixBits: number,
): string | undefined {
  const isOne = prefixBits === bytes.length * 8;
  if (isOne && bytes.every((byte) => byte === 0)) {
    const host = family === 'ipv4' ? '127.0.0.1' : '[::1]';
    return `this address stands for the machine itself: write ${host}`;
  }
  const isOfMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff;
  if (family === 'ipv6' && isOfMapped && bytes[11] === 0xff && prefixBits >= 96) {
    const ipv4 = bytes.slice(12).join('.');
    return `this is an IPv4 address in another spelling: write ${ipv4}${isOne ? '' : `/${prefixBits - 96}`}`;
  }
  return undefined;
}

/** The bits of byte `at` that belong to a prefix. */
export function maskAt(prefixBits: number, at: number): number {
  const bits = Math.min(8, Math.max(0, prefixBits - at * 8));
  return (0xff << (8 - bits)) & 0xff;
}

function parsePorts(text: string): Ports | string {
  if (text === '*') return { first: 1, last: PORT_MAX };
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first < 1 || last > PORT_MAX) {
    return `the port ${JSON.stringify(text)} is not a number from 1 to ${PORT_MAX}, a range N-M or *`;
  }
  return first <= last ? { first, last } : `the ports ${text} begin behind their end`;
}

function parsePath(path: string): ConnectPattern | string {
  if (!path.startsWith('/')) return 'a unix path is written from the root on: unix:/PATH';
  if (path.includes('\0')) return 'a unix path has no zero byte';
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > UNIX_PATH_BYTES_MAX) {
    return `the path has ${bytes} bytes, a unix socket's has ${UNIX_PATH_BYTES_MAX} at most`;
  }
  return { kind: 'rule', rule: { family: 'unix', path } };
}

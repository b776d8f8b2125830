// Which addresses a guest may connect to. The one place that decides it: what is judged is the
// address that the system would reach, and what is connected to is the address that was judged.

import type { Address } from '../kernel/address.ts';
import { formatIpv6, isMapped, mappedIpv4, parseIpv4, parseIpv6 } from '../kernel/inet.ts';
import { bytesOfHost, type ConnectRule, maskAt } from './connect-pattern.ts';

type InetAddress = Exclude<Address, { family: 'unix' }>;

export class ConnectPolicy {
  /** The policy of a guest that was given no address. */
  static readonly NONE = new ConnectPolicy([]);

  readonly #rules: readonly ConnectRule[];

  constructor(rules: readonly ConnectRule[]) {
    this.#rules = rules;
  }

  /** Nothing can be connected to. */
  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /**
   * @param address that a guest names, in any spelling.
   * @returns the address to connect to in its place, or undefined when no rule allows it.
   */
  judge(address: Address): Address | undefined {
    if (address.family === 'unix') {
      // Byte for byte: no other path that leads there is it, and none that the system would shorten.
      const { path } = address;
      return this.#rules.some((rule) => rule.family === 'unix' && rule.path === path)
        ? address
        : undefined;
    }
    const reached = reachedBy(address);
    if (reached === undefined || !this.#allows(reached)) return undefined;
    // An IPv6 socket reaches IPv4 by mapped addresses alone.
    const isMappedAgain = address.family === 'ipv6' && reached.family === 'ipv4';
    return isMappedAgain
      ? { family: 'ipv6', host: `::ffff:${reached.host}`, port: reached.port }
      : reached;
  }

  #allows({ family, host, port }: InetAddress): boolean {
    const bytes = bytesOfHost(family, host);
    if (bytes === undefined) return false;
    return this.#rules.some(
      (rule) =>
        rule.family === family &&
        rule.ports.first <= port &&
        port <= rule.ports.last &&
        bytes.every((byte, at) => {
          return ((byte ^ (rule.bytes[at] as number)) & maskAt(rule.prefixBits, at)) === 0;
        }),
    );
  }
}

/**
 * What Linux connects to when it is given an address: a mapped one is IPv4, that of no host is the
 * loopback's. Source: tcp_v6_connect, ip_route_connect; RFC 4291, 2.5.5.2.
 *
 * @returns undefined for what is no numeric address, or has a zone.
 */
function reachedBy({ family, host, port }: InetAddress): InetAddress | undefined {
  if (family === 'ipv4') {
    const bytes = parseIpv4(host);
    if (bytes === undefined) return undefined;
    const isNoHost = bytes.every((byte) => byte === 0);
    return { family, host: isNoHost ? '127.0.0.1' : host, port };
  }
  const groups = parseIpv6(host);
  if (groups === undefined) return undefined;
  if (isMapped(groups)) return reachedBy({ family: 'ipv4', host: mappedIpv4(groups), port });
  const isNoHost = groups.every((group) => group === 0);
  return { family, host: isNoHost ? '::1' : formatIpv6(groups), port };
}

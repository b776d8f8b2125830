// What Linux knows of packets that a peer has not acknowledged yet.

import { readFileSync } from 'node:fs';
import type { SysResult } from '../../host/base/sys-result.ts';
import type { Address } from '../../host/kernel/address.ts';

/**
 * True while a TCP socket at one of these addresses waits for an acknowledgement; what is no address
 * is left out. Source: proc(5), /proc/net/tcp; tcp_ipv4.c, get_tcp4_sock.
 */
export function isPacketUnderWay(addresses: readonly (Address | SysResult)[]): boolean {
  const ports = new Set(
    addresses.flatMap((each) => (typeof each === 'object' && 'port' in each ? [each.port] : [])),
  );
  return ['/proc/net/tcp', '/proc/net/tcp6'].some((path) => {
    const rows = readFileSync(path, 'latin1').matchAll(/:(\w{4}) \w+:(\w{4}) \w\w \S+ 01:/g);
    return [...rows].some((row) => row.slice(1).some((port) => ports.has(parseInt(port, 16))));
  });
}

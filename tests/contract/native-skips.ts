// What this machine keeps the native kernel from showing.

import { readFileSync } from 'node:fs';
import type { Skips } from './contract.ts';
import { makeNativeKernel } from './native-peers.ts';

/** The rows that can't be run here, each with its reason. */
export function nativeSkips(): Skips {
  const skips = new Map<string, string>();
  if (mayBindPort1()) {
    skips.set(
      'bind to a port that only the superuser may take answers ACCES',
      'this process may bind every port',
    );
  }
  if (!hasIpv6()) {
    for (const title of [
      'open gives an IPv6 socket',
      'an IPv6 listener accepts',
      'an IPv6 connection has the addresses of its listener and of its peer',
    ]) {
      skips.set(title, 'this machine has no IPv6 loopback address');
    }
  }
  return skips;
}

/** The lowest port that everyone may bind. */
export function firstFreePort(): number {
  return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
}

function mayBindPort1(): boolean {
  return process.geteuid?.() === 0 || firstFreePort() <= 1;
}

function hasIpv6(): boolean {
  const { kernel, peers } = makeNativeKernel();
  const handle = kernel.open('ipv6');
  const canBind = handle >= 0 && kernel.bind(handle, peers.freeAddress('ipv6')) === 0;
  kernel.destroy();
  peers.close();
  return canBind;
}

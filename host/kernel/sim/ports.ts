// Who has which port: who may bind it, and who listens on it. IPv4 and IPv6 share the ports of a
// machine where an IPv6 socket has no address of its own (`::`).
//
// Source: net/ipv4/inet_connection_sock.c, inet_csk_bind_conflict; ip(7), SO_REUSEADDR in socket(7).

import type { Address } from '../address.ts';
import type { Rules } from './rules.ts';
import type { TcpConnection } from './tcp-connection.ts';

export type InetAddress = Exclude<Address, { family: 'unix' }>;

const EPHEMERAL_FIRST = 32_768;
const EPHEMERAL_LAST = 60_999;
/** The lowest port that everyone may bind. */
export const UNPRIVILEGED_FIRST = 1024;

export class PortTable {
  readonly #rules: Rules;
  readonly #owners = new Map<number, Set<TcpConnection>>();
  #nextEphemeral = EPHEMERAL_FIRST;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** True when `socket` may not have `address` because of someone who has it. */
  isTaken(socket: TcpConnection, address: InetAddress): boolean {
    return this.#others(socket, address).some(
      (other) => !(socket.isReusing && other.isReusing && !other.isListening),
    );
  }

  /** True when someone listens already where `socket` wants to. */
  isListenedTo(socket: TcpConnection): boolean {
    return this.#others(socket, socket.local).some((other) => other.isListening);
  }

  add(socket: TcpConnection): void {
    const { port } = socket.local;
    const owners = this.#owners.get(port);
    if (owners === undefined) this.#owners.set(port, new Set([socket]));
    else owners.add(socket);
  }

  remove(socket: TcpConnection): void {
    const owners = this.#owners.get(socket.local.port);
    if (owners === undefined) return;
    owners.delete(socket);
    if (owners.size === 0) this.#owners.delete(socket.local.port);
  }

  /** A port that no one has; 0 when all are taken. */
  pickFree(): number {
    for (let tries = EPHEMERAL_FIRST; tries <= EPHEMERAL_LAST; tries++) {
      const port = this.#nextEphemeral;
      this.#nextEphemeral = port === EPHEMERAL_LAST ? EPHEMERAL_FIRST : port + 1;
      if (!this.#owners.has(port)) return port;
    }
    return 0;
  }

  /** Who listens at `address`: on that host before on all. */
  findListener(address: InetAddress): TcpConnection | undefined {
    const listeners = [...(this.#owners.get(address.port) ?? [])].filter(
      (socket) => socket.isListening,
    );
    const anyHost = address.family === 'ipv4' ? '0.0.0.0' : '::';
    return (
      listeners.find(({ local }) => local.host === address.host) ??
      listeners.find(({ local }) => local.host === anyHost) ??
      listeners.find(({ local }) => address.family === 'ipv4' && local.host === '::')
    );
  }

  #others(socket: TcpConnection, address: InetAddress): TcpConnection[] {
    if (!this.#rules.portsAreKept) return [];
    const owners = [...(this.#owners.get(address.port) ?? [])];
    return owners.filter((other) => other !== socket && overlaps(other.local, address));
  }
}

function overlaps(left: InetAddress, right: InetAddress): boolean {
  if (left.family === right.family) {
    return left.host === right.host || isAnyHost(left) || isAnyHost(right);
  }
  const six = left.family === 'ipv6' ? left : right;
  return six.host === '::';
}

function isAnyHost({ host }: InetAddress): boolean {
  return host === '0.0.0.0' || host === '::';
}

// What a simulated world may be told, and how it is read.

import { type Address, parseListenAddress } from '../../kernel/address.ts';
import { type ConnectRule, parseConnectPattern } from '../../wasi/connect-pattern.ts';
import { SimulationError } from './simulation-error.ts';

/** One number, or two: a number between them, both included, drawn anew each time. */
export type Range = number | readonly [from: number, to: number];

export interface SimulateOptions {
  /** All chance in the world comes from it. The same seed, the same world. By default 0. */
  readonly seed?: number;
  /** The guest's arguments, after its name. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /**
   * `[NAME=]tcp:HOST:PORT`, with numeric hosts of the loopback, or `[NAME=]unix:PATH`. By default
   * one, on port 8000.
   */
  readonly listen?: readonly string[];
  /**
   * Addresses, as `tcp:HOST:PORT` or `unix:PATH`, to which the guest finds itself connected when it
   * begins: descriptors behind those of its listeners. `World.listen` makes who answers there.
   */
  readonly connect?: readonly string[];
  /**
   * What the guest may connect to by itself, as `run`'s option has it, with numeric hosts. By
   * default nothing.
   */
  readonly allowConnect?: readonly string[];
  /** The backlog of each listener. By default 4,096, as under `run`. */
  readonly backlog?: number;
  /** How much each TCP connection of the guest takes to send. By default as a loopback's. */
  readonly sendBufferBytes?: number;
  /** How much each TCP connection takes in before the guest reads. By default as a loopback's. */
  readonly receiveBufferBytes?: number;
  /** Listeners start non-blocking, as `run`'s option has it. */
  readonly nonBlockingListeners?: boolean;
  /** What the guest reads from standard input. By default nothing: it is at its end. */
  readonly stdin?: string | Uint8Array;
  /** How many descriptors the guest may have open; more answer MFILE. By default 20,000. */
  readonly maxFds?: number;
  readonly maxMemoryBytes?: number;
  /** How long a segment is on its way, in milliseconds. By default 0. */
  readonly latencyMs?: Range;
  /** How many bytes a segment carries at most, from 1 on. By default 65,483, as a loopback's. */
  readonly segmentBytes?: Range;
  /** How many calls of the kernel one run may take before it counts as endless. By default 10^6. */
  readonly callBudget?: number;
}

export interface SimListener {
  readonly name: string;
  readonly address: Address;
}

/** @throws SimulationError `USAGE`. */
export function parseListeners(texts: readonly string[]): SimListener[] {
  return texts.map((text, index) => {
    const match = /^(?:(?<name>[^=:]+)=)?(?<address>.*)$/s.exec(text);
    return {
      name: match?.groups?.['name'] ?? `listen${index}`,
      address: parseAddress(match?.groups?.['address'] ?? '', text),
    };
  });
}

/** @param shown what a message calls it. @throws SimulationError `USAGE`. */
export function parseAddress(text: string, shown = text): Address {
  const parsed = parseListenAddress(text);
  if (typeof parsed === 'string') throw usage(`${JSON.stringify(shown)}: ${parsed}`);
  if (parsed.kind === 'unix') return { family: 'unix', path: parsed.path };
  const { host, port } = parsed;
  return { family: host.includes(':') ? 'ipv6' : 'ipv4', host, port };
}

/** @throws SimulationError `USAGE` for what is no pattern, and for names: a world has none. */
export function parseRules(texts: readonly string[]): ConnectRule[] {
  return texts.map((text) => {
    const pattern = parseConnectPattern(text);
    if (typeof pattern === 'string')
      throw usage(`allowConnect ${JSON.stringify(text)}: ${pattern}`);
    if (pattern.kind === 'rule') return pattern.rule;
    throw usage(
      `allowConnect ${JSON.stringify(text)}: a simulated world has no names; give an address, such as 127.0.0.1`,
    );
  });
}

/** @throws SimulationError `USAGE` unless it is a number, or two with the lower one first. */
export function checkRange(range: Range, name: string, lowest: number): readonly [number, number] {
  const [from, to] = typeof range === 'number' ? [range, range] : range;
  if (from >= lowest && to >= from && to < Infinity) return [from, to];
  const shown = JSON.stringify(range);
  throw usage(`${name} is ${shown}; give a number from ${lowest} on, or [lowest, highest]`);
}

export function usage(message: string): SimulationError {
  return new SimulationError('USAGE', message);
}

// Starts the load client of load-client.ts and reads what it reports.

import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';
import { within } from './deadline.ts';
import type { Answer } from './stream-content.ts';

const CLIENT = fileURLToPath(new URL('load-client.ts', import.meta.url));
const FLOWING_SECONDS_MAX = 60;

/** The load to make. See the head of load-client.ts. */
export interface LoadOptions {
  /** The active connections, and how much each sends at least. */
  readonly active: number;
  readonly bytes: number;
  /** Default 0. */
  readonly idle?: number;
  /** How many of the active ones at a time. Default: all. */
  readonly atOnce?: number;
  /** Default `rot13`. */
  readonly answer?: Answer;
  /** The server will be stopped under the load. Default false. */
  readonly isCut?: boolean;
  /** The active ones send nothing before {@link Load.go}. Default false. */
  readonly isHeld?: boolean;
  /** Default: another one each time; a failure's message names it. */
  readonly seed?: number;
}

/** What the client counted. Times in seconds. */
export interface LoadTotals {
  readonly seconds: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly closedEarly: number;
  readonly slow: number;
  readonly pauses: number;
  readonly cut: number;
  readonly idleAnswered: number;
}

/** A load under way. */
export class Load {
  readonly #child: Child;

  constructor(addresses: readonly string[], options: LoadOptions) {
    const flags = [
      ...addresses.flatMap((address) => ['--address', address]),
      ...['--active', String(options.active), '--bytes', String(options.bytes)],
      ...['--idle', String(options.idle ?? 0)],
      ...['--at-once', String(options.atOnce ?? options.active)],
      ...['--answer', options.answer ?? 'rot13'],
      ...(options.isCut === true ? ['--cut'] : []),
      ...(options.isHeld === true ? ['--held'] : []),
      ...['--seed', String(options.seed ?? randomInt(2 ** 32))],
    ];
    const command = ['--import', 'tsx', CLIENT, ...flags];
    this.#child = new Child(process.execPath, command, {}, options.isHeld ? 'pipe' : 'ignore');
  }

  /** Resolves when the active connections stand, of a load that is held. */
  async connected(): Promise<void> {
    await this.#event('connected', 'does not connect');
  }

  /** Lets the active connections go. */
  go(): void {
    this.#child.input.end('go\n');
  }

  /** Resolves when all connections stand and each active one has had bytes back. */
  async flows(): Promise<void> {
    await this.#event('flowing', 'does not flow');
  }

  /** Resolves when every byte and every end of stream was as it must be. */
  async totals(secondsMax: number): Promise<LoadTotals> {
    const { code } = await this.#child.end(secondsMax);
    const totals = eventOf(this.#child.stdout, 'totals');
    if (code !== 0 || totals === undefined) throw new Error(this.#child.describe('failed'));
    return totals as LoadTotals;
  }

  async #event(name: string, otherwise: string): Promise<void> {
    await within(
      FLOWING_SECONDS_MAX,
      this.#child.output('stdout', (text) => eventOf(text, name)),
      () => this.#child.describe(otherwise),
    );
  }
}

/** Makes a load from its beginning to its end. */
export function load(
  addresses: readonly string[],
  options: LoadOptions,
  secondsMax = 100,
): Promise<LoadTotals> {
  return new Load(addresses, options).totals(secondsMax);
}

function eventOf(text: string, name: string): unknown {
  const lines = text.split('\n').slice(0, -1);
  const line = lines.find((each) => each.startsWith(`{"event":"${name}"`));
  return line === undefined ? undefined : JSON.parse(line);
}

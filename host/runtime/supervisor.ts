// Runs a guest on a thread of its own, and watches over it from the main thread: opens what it is
// given, starts it, stops it, and cleans up after it however it ended.

import { closeSync, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { errnoName } from '../base/errno.ts';
import { PolluxError } from '../base/pollux-error.ts';
import { formatAddress } from '../kernel/address.ts';
import {
  closeDescriptor,
  closeWake,
  createWake,
  type LiveKernel,
  openLiveKernel,
  signalWake,
} from '../kernel/choose.ts';
import { ControlBlock, Counter, Outcome, Reason } from '../wasi/control-block.ts';
import type { GuestJob, ThreadMessage } from './guest-job.ts';
import type { Detail } from './instance.ts';
import { type Listener, openListener, parseListenRequest } from './listen.ts';
import { type GuestModule, loadModule, type ModuleSource } from './module.ts';
import { keepTrack, removeFiles } from './socket-files.ts';

/** `inherit`: the process's own. `ignore`: /dev/null. A number: that open descriptor. */
export type Stdio = 'inherit' | 'ignore' | number;

export interface RunOptions {
  /** The guest's arguments, after its name. */
  readonly args?: readonly string[];
  /** The guest's environment: nothing of the process's own reaches it unless it is named here. */
  readonly env?: Readonly<Record<string, string>>;
  /** `[NAME=]tcp:HOST:PORT`, `[NAME=]tcp:[V6]:PORT` or `[NAME=]unix:PATH`; port 0 picks one. */
  readonly listen?: readonly string[];
  readonly stdin?: Stdio;
  readonly stdout?: Stdio;
  readonly stderr?: Stdio;
}

/** How a guest ended. */
export interface GuestEnd {
  /**
   * `exited`: by itself, with `code`. `stopped`: by `stop()`. `trapped`: its code did what WebAssembly
   * forbids. `failed`: Pollux could not run it on; this is a bug, please report it.
   */
  readonly reason: 'exited' | 'stopped' | 'trapped' | 'failed';
  /** The guest's exit code, 0 to 2^32 - 1; 0 unless it exited. */
  readonly code: number;
  /** What the engine said of a trap or failure; else empty. */
  readonly detail: string;
  /** Where that was; else empty. */
  readonly stack: string;
}

/** What a guest has done so far. Each figure only grows, except `connectionsOpen`. */
export interface GuestStats {
  readonly calls: number;
  readonly polls: number;
  readonly events: number;
  readonly connectionsAccepted: number;
  readonly connectionsOpen: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** A running guest. */
export interface Guest {
  /** The module's name. */
  readonly name: string;
  /** Where it listens, as bound: `tcp:127.0.0.1:43211`. */
  readonly addresses: readonly string[];
  /** The kernel that it stands on, and how that waits: `native kernel, epoll`. */
  readonly kernel: string;
  /** Resolves when the guest has ended and nothing of it is left: no thread, descriptor or file. */
  readonly exited: Promise<GuestEnd>;
  /** What the guest has done so far. May be called at any time, also after the end. */
  stats(): GuestStats;
  /** Ends the guest at once, whatever it does; connections are closed. @returns {@link exited} */
  stop(): Promise<GuestEnd>;
}

/** A guest that has not left its code by itself this long after a stop is terminated. */
const STOP_GRACE_MS = 100;

const REASONS: Readonly<Record<Outcome, GuestEnd['reason']>> = {
  [Outcome.NONE]: 'stopped',
  [Outcome.EXITED]: 'exited',
  [Outcome.STOPPED]: 'stopped',
  [Outcome.TRAPPED]: 'trapped',
  [Outcome.FAILED]: 'failed',
};

/**
 * Runs a guest. Resolves when its code runs and its listeners accept.
 *
 * The process stays alive as long as the guest does. No signal handler is installed.
 *
 * @throws PolluxError `MODULE_NOT_FOUND`, `MODULE_REFUSED`, `BAD_ADDRESS`, `CANNOT_LISTEN`,
 *   `NO_ADDON`, `NO_DESCRIPTORS`, `USAGE`. Then nothing is left behind.
 */
export async function run(source: ModuleSource, options: RunOptions = {}): Promise<Guest> {
  checkEnvironment(options.env ?? {});
  const requests = (options.listen ?? []).map(parseListenRequest);
  const guest = await loadModule(source);
  const kernel = openLiveKernel();
  const listeners: Listener[] = [];
  try {
    for (const [index, request] of requests.entries()) {
      listeners.push(await openListener(kernel, request, index));
    }
    const running = new RunningGuest(guest, kernel, listeners, options);
    await running.started;
    return running;
  } catch (error) {
    removeFiles(listeners.map(({ address }) => address));
    throw error;
  } finally {
    kernel.destroy();
  }
}

class RunningGuest implements Guest {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly kernel: string;
  readonly exited: Promise<GuestEnd>;
  /** Resolves when the guest's code runs, or has ended already. */
  readonly started: Promise<void>;
  readonly #control = new ControlBlock();
  readonly #worker: Worker;
  readonly #listeners: readonly Listener[];
  readonly #descriptors: readonly number[];
  readonly #opened: number[] = [];
  readonly #wake: number;
  #detail: Detail = { text: '', stack: '' };
  #hasEnded = false;

  constructor(
    guest: GuestModule,
    kernel: LiveKernel,
    listeners: readonly Listener[],
    options: RunOptions,
  ) {
    this.name = guest.name;
    this.kernel = `${kernel.name} kernel, ${kernel.capabilities.demux}`;
    this.addresses = listeners.map(({ address }) => formatAddress(address));
    this.#listeners = listeners;
    this.#wake = openWake();
    const job: GuestJob = {
      module: guest.module,
      entry: guest.entry,
      control: this.#control.buffer,
      wakeDescriptor: this.#wake,
      stdio: this.#openStdio(options),
      args: [guest.name, ...(options.args ?? [])],
      environ: environOf(options, listeners),
      listeners: listeners.map(({ handle }) => kernel.release(handle)),
    };
    this.#descriptors = job.listeners;
    keepTrack(listeners.map(({ address }) => address));
    this.#worker = new Worker(new URL('./reactor-thread.js', import.meta.url), { workerData: job });
    this.started = new Promise((resolve) => {
      this.#worker.on('message', (message: ThreadMessage) => {
        if (message.kind === 'detail') this.#detail = message;
        else resolve();
      });
      this.#worker.once('exit', () => resolve());
    });
    this.#worker.once('error', (error: Error) => {
      this.#control.end(Outcome.FAILED, 0);
      this.#detail = { text: error.message, stack: error.stack ?? '' };
    });
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve(this.#cleanUp()));
    });
  }

  stats(): GuestStats {
    const read = (counter: number): number => this.#control.counters[counter] as number;
    const connectionsAccepted = read(Counter.ACCEPTED);
    return {
      calls: read(Counter.CALLS),
      polls: read(Counter.POLLS),
      events: read(Counter.EVENTS),
      connectionsAccepted,
      connectionsOpen: this.#hasEnded ? 0 : connectionsAccepted - read(Counter.CLOSED),
      receivedBytes: read(Counter.RECEIVED_BYTES),
      sentBytes: read(Counter.SENT_BYTES),
    };
  }

  async stop(): Promise<GuestEnd> {
    if (this.#hasEnded) return this.exited;
    // The reason first: the guest's thread consumes the wake before it takes the reasons.
    this.#control.ask(Reason.STOP);
    signalWake(this.#wake);
    const terminate = setTimeout(() => void this.#worker.terminate(), STOP_GRACE_MS);
    try {
      return await this.exited;
    } finally {
      clearTimeout(terminate);
    }
  }

  #openStdio({ stdin, stdout, stderr }: RunOptions): [number, number, number] {
    const open = (stdio: Stdio = 'inherit', inherited: number): number => {
      if (stdio === 'inherit') return inherited;
      if (typeof stdio === 'number') return stdio;
      const descriptor = openSync('/dev/null', 'r+');
      this.#opened.push(descriptor);
      return descriptor;
    };
    return [open(stdin, 0), open(stdout, 1), open(stderr, 2)];
  }

  /** The thread is gone, and with it its own descriptors. */
  #cleanUp(): GuestEnd {
    this.#hasEnded = true;
    closeWake(this.#wake);
    for (const descriptor of this.#opened) closeSync(descriptor);
    if (!this.#control.ownsDescriptors) this.#descriptors.forEach(closeDescriptor);
    removeFiles(this.#listeners.map(({ address }) => address));
    const reason = REASONS[this.#control.outcome];
    const code = reason === 'exited' ? this.#control.exitCode : 0;
    return { reason, code, detail: this.#detail.text, stack: this.#detail.stack };
  }
}

function openWake(): number {
  const wake = createWake();
  if (wake >= 0) return wake;
  const reason = errnoName(-wake);
  throw new PolluxError('NO_DESCRIPTORS', `no descriptor is left (${reason}); raise ulimit -n`);
}

/** `NAME=value` each: what tells the guest of its listeners, and what the user named. */
function environOf({ env = {} }: RunOptions, listeners: readonly Listener[]): string[] {
  const activation = {
    LISTEN_FDS: String(listeners.length),
    LISTEN_FDNAMES: listeners.map(({ name }) => name).join(':'),
  };
  const all = listeners.length === 0 ? env : { ...activation, ...env };
  return Object.entries(all).map(([name, value]) => `${name}=${value}`);
}

function checkEnvironment(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name.includes('=') || `${name}${value}`.includes('\0')) {
      throw new PolluxError('USAGE', `${JSON.stringify(name)} can not be an environment variable`);
    }
  }
}

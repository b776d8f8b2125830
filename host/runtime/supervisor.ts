// Runs a guest on a thread of its own, and watches over it from the main thread: opens what it is
// given, starts it, stops it, and cleans up after it however it ended.

import { closeSync, openSync } from 'node:fs';
import { errnoName } from '../base/errno.ts';
import { noDescriptors, PolluxError } from '../base/pollux-error.ts';
import { formatAddress } from '../kernel/address.ts';
import {
  closeDescriptor,
  closeWake,
  createWake,
  freeDescriptorCount,
  openLiveKernel,
  signalWake,
} from '../kernel/choose.ts';
import type { Handle } from '../kernel/kernel.ts';
import type { LiveKernel } from '../kernel/live-kernel.ts';
import type { ConnectRule } from '../wasi/connect-pattern.ts';
import { ControlBlock, Counter, Outcome, Reason } from '../wasi/control-block.ts';
import { FdFlags } from '../wasi/layout.ts';
import { parseAllowRequest, resolveRules } from './allow-connect.ts';
import { openConnection, parseConnectRequest } from './connect.ts';
import { Drainer } from './drainer.ts';
import type {
  Guest,
  GuestEnd,
  GuestStats,
  ModuleSource,
  RecordingEnd,
  RunOptions,
  Stdio,
} from './guest.ts';
import type { GuestJob, ThreadMessage } from './guest-job.ts';
import { GuestThread } from './guest-thread.ts';
import type { Detail } from './instance.ts';
import { type Listener, openListener, parseListenRequest } from './listen.ts';
import { type GuestModule, loadModule } from './module.ts';
import { observationOf, openRecordFile } from './observation.ts';
import type { RecordFile } from './record-file.ts';
import { StopGrace } from './stop-grace.ts';
import { Watchdog } from './watchdog.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** The longest that a timer of JavaScript can be set to: 24 days. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Descriptors that are the process's own to open while guests run. */
const FD_RESERVE = 32;
/** Standard streams, some listeners, and a connection at least. */
const FD_COUNT_LEAST = 16;

const REASONS: Readonly<Record<Outcome, GuestEnd['reason']>> = {
  [Outcome.NONE]: 'stopped',
  [Outcome.EXITED]: 'exited',
  [Outcome.STOPPED]: 'stopped',
  [Outcome.TRAPPED]: 'trapped',
  [Outcome.FAILED]: 'failed',
  [Outcome.DRAINED]: 'drained',
  [Outcome.UNDRAINED]: 'undrained',
  [Outcome.LIMITED]: 'limited',
};

/**
 * Runs a guest. Resolves when its code runs and its listeners accept.
 *
 * The process stays alive as long as the guest does. No signal handler is installed.
 *
 * @throws PolluxError `MODULE_NOT_FOUND`, `MODULE_REFUSED`, `BAD_ADDRESS`, `CANNOT_LISTEN`,
 *   `CANNOT_CONNECT`, `NO_ADDON`, `NO_DESCRIPTORS`, `CANNOT_RECORD`, `USAGE`. Then nothing is left
 *   behind. And an `AbortError`, see `signal`.
 */
export async function run(source: ModuleSource, options: RunOptions = {}): Promise<Guest> {
  checkEnvironment(options.env ?? {});
  checkNumbers(options);
  const requests = (options.listen ?? []).map(parseListenRequest);
  const connectRequests = (options.connect ?? []).map(parseConnectRequest);
  const allowRequests = (options.allowConnect ?? []).map(parseAllowRequest);
  // Counted before the thread opens some of its own: the same in every run.
  const fdCountMax = options.maxFds ?? Math.max(FD_COUNT_LEAST, freeDescriptorCount() - FD_RESERVE);
  const thread = new GuestThread();
  const listeners: Listener[] = [];
  let kernel: LiveKernel | undefined;
  let recordFile: RecordFile | undefined;
  try {
    const { batching = true, ioUring = true } = options;
    kernel = openLiveKernel({ batching, ioUring });
    const guest = await loadModule(source, options.maxMemoryBytes);
    const connectRules = await resolveRules(allowRequests);
    // Before the listeners: whoever connected to one would be reset if this failed.
    const connections: Handle[] = [];
    for (const request of connectRequests) {
      const { connectTimeoutMs: timeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
      connections.push(await openConnection(kernel, request, { timeoutMs, signal }));
    }
    for (const [index, request] of requests.entries()) {
      listeners.push(await openListener(kernel, request, index));
    }
    // The last that can fail but for the thread: no file is left of a guest that never was.
    recordFile = openRecordFile(guest, options);
    const running = new RunningGuest(
      guest,
      thread,
      kernel,
      { listeners, connections, connectRules },
      { ...options, maxFds: fdCountMax },
      recordFile,
    );
    await running.started;
    const failure = running.startFailure;
    if (failure !== undefined) throw failure;
    return running;
  } catch (error) {
    thread.terminate();
    await thread.exited;
    for (const { file } of listeners) file.remove();
    await recordFile?.discard();
    throw error;
  } finally {
    kernel?.destroy();
  }
}

/** What a guest is given of the network. */
interface Given {
  readonly listeners: readonly Listener[];
  /** Connected sockets of the kernel. */
  readonly connections: readonly Handle[];
  readonly connectRules: readonly ConnectRule[];
}

class RunningGuest implements Guest {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly kernel: string;
  readonly exited: Promise<GuestEnd>;
  readonly recording: Promise<RecordingEnd> | undefined;
  /** Resolves when the guest's code runs, or has ended already. */
  readonly started: Promise<void>;
  readonly #control = new ControlBlock();
  readonly #thread: GuestThread;
  readonly #listeners: readonly Listener[];
  readonly #descriptors: readonly number[];
  readonly #opened: number[] = [];
  readonly #wake: number;
  readonly #drainer: Drainer;
  readonly #watchdog: Watchdog | undefined;
  readonly #recordFile: RecordFile | undefined;
  #grace: StopGrace | undefined;
  #detail: Detail = { text: '', stack: '' };
  #hasEnded = false;

  constructor(
    guest: GuestModule,
    thread: GuestThread,
    kernel: LiveKernel,
    { listeners, connections, connectRules }: Given,
    options: RunOptions & { readonly maxFds: number },
    recordFile: RecordFile | undefined,
  ) {
    this.name = guest.name;
    this.#thread = thread;
    this.#recordFile = recordFile;
    this.recording = recordFile?.ended;
    const demux = kernel.capabilities.demux + (kernel.callsByRing ? ' and io_uring' : '');
    this.kernel = `${kernel.name} kernel, ${demux}`;
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
      fdCountMax: options.maxFds,
      listenerFlags: options.nonBlockingListeners === true ? FdFlags.NONBLOCK : 0,
      trapsOnBadPointer: options.badPointer === 'trap',
      batching: options.batching ?? true,
      ioUring: options.ioUring ?? true,
      v8Flags: options.v8Flags ?? [],
      listeners: listeners.map(({ handle }) => kernel.release(handle)),
      connections: connections.map((handle) => kernel.release(handle)),
      connectRules,
      ...observationOf(options, recordFile),
    };
    this.#descriptors = [...job.listeners, ...job.connections];
    this.exited = thread.exited.then(async (failure) => {
      if (failure !== undefined) {
        this.#control.end(Outcome.FAILED, 0);
        this.#detail = { text: failure.message, stack: failure.stack ?? '' };
      }
      const end = this.#cleanUp();
      await this.#recordFile?.finish();
      return end;
    });
    this.started = new Promise((resolve) => {
      thread.run(job, (message: ThreadMessage) => {
        if (message.kind === 'running') resolve();
        else if (message.kind === 'unrecorded') this.#recordFile?.fail(message.problem);
        else {
          // What ended it comes first; what a guest did that caught that is not the reason.
          if (this.#detail.text === '') this.#detail = message;
          if (message.kind === 'ended') this.#terminateLater(() => undefined);
        }
      });
      void this.exited.then(() => resolve());
    });
    this.#drainer = new Drainer(options, {
      begin: () => this.#removeFiles(),
      ask: (reason) => this.#ask(reason),
      giveUp: () => this.#endSoon(Reason.DRAIN_OVER),
    });
    if (options.maxCallGapMs !== undefined) {
      this.#watchdog = new Watchdog(this.#control, options.maxCallGapMs, () => this.#limit());
    }
  }

  /** Why the thread ended before it came to the guest; a bug, or a file of Pollux is missing. */
  get startFailure(): Error | undefined {
    if (!this.#hasEnded || this.#control.isRunning) return undefined;
    return new Error(`the guest's thread could not start: ${this.#detail.text}`);
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
      acceptsRefused: read(Counter.ACCEPTS_REFUSED),
      socketsOpened: read(Counter.OPENED),
      receivedBytes: read(Counter.RECEIVED_BYTES),
      sentBytes: read(Counter.SENT_BYTES),
    };
  }

  async stop(): Promise<GuestEnd> {
    if (!this.#hasEnded) this.#endSoon(Reason.STOP);
    return this.exited;
  }

  async drain(): Promise<GuestEnd> {
    if (!this.#hasEnded) this.#drainer.start();
    return this.exited;
  }

  /** Sets the reason first: the guest's thread consumes the wake before it takes the reasons. */
  #ask(reason: number): void {
    this.#control.ask(reason);
    signalWake(this.#wake);
  }

  /** Asks the guest to leave; one that does not is terminated. */
  #endSoon(reason: number): void {
    this.#ask(reason);
    this.#terminateLater(() => {
      if (reason !== Reason.DRAIN_OVER) return;
      this.#control.end(Outcome.UNDRAINED, this.stats().connectionsOpen);
    });
  }

  #terminateLater(before: () => void): void {
    this.#grace ??= new StopGrace(this.#control, () => {
      before();
      this.#thread.terminate();
    });
  }

  #limit(): void {
    this.#control.end(Outcome.LIMITED, 0);
    this.#thread.terminate();
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

  #removeFiles(): void {
    for (const { file } of this.#listeners) file.remove();
  }

  /** The thread is gone, and with it its own descriptors. */
  #cleanUp(): GuestEnd {
    this.#hasEnded = true;
    this.#grace?.stop();
    this.#drainer.stop();
    this.#watchdog?.stop();
    closeWake(this.#wake);
    for (const descriptor of this.#opened) closeSync(descriptor);
    if (!this.#control.ownsDescriptors) this.#descriptors.forEach(closeDescriptor);
    this.#removeFiles();
    const reason = REASONS[this.#control.outcome];
    const code = reason === 'exited' ? this.#control.exitCode : 0;
    const { text, stack } = this.#detail;
    const closed = `connections closed while still open: ${this.#control.exitCode}`;
    return { reason, code, detail: reason === 'undrained' ? closed : text, stack };
  }
}

function openWake(): number {
  const wake = createWake();
  if (wake >= 0) return wake;
  throw noDescriptors(errnoName(-wake));
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

/** Numbers that make no sense are refused before anything is opened. */
function checkNumbers(options: RunOptions): void {
  const names = [
    'maxFds',
    'maxMemoryBytes',
    'maxCallGapMs',
    'connectTimeoutMs',
    'drainTimeoutMs',
    'drainDelayMs',
  ] as const;
  for (const name of names) {
    const value = options[name];
    const least = name.startsWith('drain') ? 0 : 1;
    const most = name.endsWith('Ms') ? TIMER_MS_MAX : Number.MAX_SAFE_INTEGER;
    if (value === undefined || (value >= least && value <= most)) continue;
    throw new PolluxError('USAGE', `${name} is ${value}, and must be from ${least} to ${most}`);
  }
}

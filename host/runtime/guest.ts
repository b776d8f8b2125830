// What a user of the API sees of a guest: what it may be given, what it tells, how it ends.

/** A path, a `file:` URL, or the bytes themselves. */
export type ModuleSource = string | URL | Uint8Array | ArrayBuffer;

/** `inherit`: the process's own. `ignore`: /dev/null. A number: that open descriptor. */
export type Stdio = 'inherit' | 'ignore' | number;

export interface RunOptions {
  /** The guest's arguments, after its name. */
  readonly args?: readonly string[];
  /** The guest's environment: nothing of the process's own reaches it unless it is named here. */
  readonly env?: Readonly<Record<string, string>>;
  /** `[NAME=]tcp:HOST:PORT`, `[NAME=]tcp:[V6]:PORT` or `[NAME=]unix:PATH`; port 0 picks one. */
  readonly listen?: readonly string[];
  /**
   * Listeners start non-blocking, as wasmtime's and wasi-go's did; by default they block, as a
   * process's do. A Go server needs this, unless it calls `syscall.SetNonblock` itself.
   */
  readonly nonBlockingListeners?: boolean;
  /**
   * `tcp:HOST:PORT`, `tcp:[V6]:PORT` or `unix:PATH`: connections that the guest is given, behind its
   * listeners. They stand before it starts, and block.
   */
  readonly connect?: readonly string[];
  /** How long each of those may take, in milliseconds. By default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Ends the wait for those: `run` rejects with an `AbortError`. A guest that runs is not touched. */
  readonly signal?: AbortSignal;
  /**
   * What the guest may connect to by itself; by default nothing. `HOST:PORT`, `IPV4/LENGTH:PORT`,
   * `[IPV6]:PORT`, `[IPV6/LENGTH]:PORT` or `unix:/PATH`; PORT is a number, a range `N-M`, or `*`.
   * Names are resolved once, when the guest starts. See `wasi/connect-pattern.ts`.
   */
  readonly allowConnect?: readonly string[];
  readonly stdin?: Stdio;
  readonly stdout?: Stdio;
  readonly stderr?: Stdio;
  /**
   * How many descriptors the guest may have open, standard streams and listeners included; more
   * answer MFILE. By default what the process may open beyond what it has open now, less 32.
   */
  readonly maxFds?: number;
  /** What its memory may grow to, in bytes; `memory.grow` answers -1 beyond. By default 4 GiB. */
  readonly maxMemoryBytes?: number;
  /**
   * How long the guest may compute between two calls of the host, in milliseconds; it is ended then.
   * Time that it waits does not count, nor time in which its thread gets no core. By default for ever.
   */
  readonly maxCallGapMs?: number;
  /** What answers a pointer that leaves the memory: the errno FAULT (default), or a trap. */
  readonly badPointer?: 'errno' | 'trap';
  /**
   * False sends each of the guest's bytes before its call returns. By default small answers are kept for
   * microseconds, until the guest's next call, and go out together: see docs/costs.md.
   */
  readonly batching?: boolean;
  /**
   * False makes each system call by itself. By default those of the small messages of a turn are made
   * together by io_uring, where the system has it and allows it; {@link Guest.kernel} says whether.
   */
  readonly ioUring?: boolean;
  /** How long {@link Guest.drain} takes at most, in milliseconds. By default 10,000. */
  readonly drainTimeoutMs?: number;
  /**
   * How long {@link Guest.drain} goes on as before, in milliseconds, so that whoever sends clients
   * here hears of it first. By default 0.
   */
  readonly drainDelayMs?: number;
  /**
   * A file to record the guest to: everything that enters it, so that it can be run again without a
   * kernel. It must not exist, and is made readable for its owner only: it holds users' bytes. See
   * docs/record-format.md, and {@link Guest.recording}.
   */
  readonly record?: string;
  /** The recording names the module by its hash instead of holding it; a replay takes both. */
  readonly recordNamesModule?: boolean;
  /**
   * Options of V8 to set when the guest's thread has booted, before its code is compiled: the command
   * line's are in docs/costs.md. They are the whole process's from then on. By default none.
   */
  readonly v8Flags?: readonly string[];
  /** Prints a line for each call of the guest; see {@link TraceOptions}. */
  readonly trace?: TraceOptions;
}

/** What is printed of a guest's calls, and where. The guest waits for it to be written. */
export interface TraceOptions {
  /** The functions whose calls are printed, such as `poll_oneoff`; by default all. */
  readonly calls?: readonly string[];
  /** An open descriptor of the process. By default 2, standard error. */
  readonly descriptor?: number;
}

/** How a recording ended. */
export interface RecordingEnd {
  readonly path: string;
  /** Of the file. */
  readonly lengthBytes: number;
  /** Why it ended before the guest did, in one line; undefined when it did not. */
  readonly problem: string | undefined;
}

/** How a guest ended. */
export interface GuestEnd {
  /**
   * `exited`: by itself, with `code`. `stopped`: by `stop()`. `trapped`: its code did what WebAssembly
   * forbids. `drained`: nothing was left to do after `drain()`. `undrained`: the time for that ran out.
   * `limited`: it computed longer than `maxCallGapMs`. `failed`: Pollux could not run it on; this is a
   * bug, please report it.
   */
  readonly reason:
    'exited' | 'stopped' | 'trapped' | 'drained' | 'undrained' | 'limited' | 'failed';
  /** The guest's exit code, 0 to 2^32 - 1; 0 unless it exited. */
  readonly code: number;
  /** More, in words: what the engine said of a trap, what a drain left open; or empty. */
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
  /** Of those. */
  readonly connectionsOpen: number;
  /** Accepts that answered MFILE because of `maxFds`. */
  readonly acceptsRefused: number;
  /** Sockets that it opened itself, to connect to what it may. */
  readonly socketsOpened: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** A running guest. */
export interface Guest {
  /** The module's name. */
  readonly name: string;
  /** Where it listens, as bound: `tcp:127.0.0.1:43211`. */
  readonly addresses: readonly string[];
  /** The kernel that it stands on, and by what: `native kernel, epoll and io_uring`. */
  readonly kernel: string;
  /** Resolves when the guest has ended and nothing of it is left: no thread, descriptor or file. */
  readonly exited: Promise<GuestEnd>;
  /**
   * Resolves when the recording that was asked for has ended: when the guest has, or before it, with a
   * problem, when the disk was full or did not keep up. The guest goes on then, unrecorded.
   */
  readonly recording: Promise<RecordingEnd> | undefined;
  /** What the guest has done so far. May be called at any time, also after the end. */
  stats(): GuestStats;
  /**
   * Ends the guest in good order: no new connections, those queued are still taken, those open are
   * finished. At half of `drainTimeoutMs` connections that were idle so far get their end, at three
   * quarters those that were since the half, and at its end the rest are closed. Calling it again
   * changes nothing; {@link stop} is always possible. @returns {@link exited}
   */
  drain(): Promise<GuestEnd>;
  /** Ends the guest at once, whatever it does; connections are closed. @returns {@link exited} */
  stop(): Promise<GuestEnd>;
}

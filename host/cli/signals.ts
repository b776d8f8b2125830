// What signals do: the first lets the guest drain, a later one ends it. npm delivers Ctrl-C twice,
// so that what follows within half a second is the same signal.

import { constants } from 'node:os';
import { exitProcess } from '../kernel/choose.ts';
import type { Guest } from '../runtime/guest.ts';
import { removeAllFiles } from '../runtime/socket-files.ts';
import { ExitCode } from './exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SAME_SIGNAL_MS = 500;
/** A guest is terminated after a second at most; one that is still there is beyond JavaScript's reach. */
const LAST_RESORT_MS = 2000;

/** The signals of the process. Made before anything is opened that one must not leave behind. */
export class SignalWatch {
  readonly #drains: boolean;
  readonly #ending = new AbortController();
  #guest: Guest | undefined;
  #firstMs: number | undefined;
  #exitCode: number | undefined;

  /** @param drains false: the first signal ends the guest as a second one does. */
  constructor(drains: boolean) {
    this.#drains = drains;
    for (const signal of SIGNALS) process.on(signal, () => this.#receive(signal));
  }

  /** 128 + n when signal n ended the guest; undefined when it drained, or ended by itself. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Ends what a guest waits for before it starts. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Has signals speak to `guest`; one that came while it was started ends it. */
  attach(guest: Guest): void {
    this.#guest = guest;
    if (this.#exitCode !== undefined) void guest.stop();
  }

  #receive(signal: (typeof SIGNALS)[number]): void {
    const nowMs = performance.now();
    if (this.#firstMs !== undefined && nowMs - this.#firstMs <= SAME_SIGNAL_MS) return;
    const isFirst = this.#firstMs === undefined;
    this.#firstMs ??= nowMs;
    // Without a listener there is nothing that a drain would wait for: a client ends at once.
    const isServer = this.#guest !== undefined && this.#guest.addresses.length > 0;
    if (isFirst && isServer && this.#drains) void this.#guest?.drain();
    else this.#end(signal);
  }

  #end(signal: (typeof SIGNALS)[number]): void {
    this.#exitCode ??= ExitCode.SIGNALLED + constants.signals[signal];
    setTimeout(() => {
      removeAllFiles();
      exitProcess(this.#exitCode ?? ExitCode.FAILED);
    }, LAST_RESORT_MS).unref();
    this.#ending.abort();
    void this.#guest?.stop();
  }
}

// Signals end a guest. npm delivers Ctrl-C twice, so that what follows within half a second is the
// same signal; a later one no longer waits.

import { constants } from 'node:os';
import { exitProcess } from '../kernel/choose.ts';
import { removeAllFiles } from '../runtime/socket-files.ts';
import type { Guest } from '../runtime/supervisor.ts';
import { ExitCode } from './exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SAME_SIGNAL_MS = 500;
/** A guest is terminated after 100 ms. One that is still there then is beyond JavaScript's reach. */
const LAST_RESORT_MS = 2000;

/** The signals of the process. Made before anything is opened that one must not leave behind. */
export class SignalWatch {
  #guest: Guest | undefined;
  #exitCode: number | undefined;
  #firstMs = 0;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, () => this.#receive(signal));
  }

  /** What exit code the signal makes that came, if any. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Has a signal end `guest`, also one that came while it was started. */
  attach(guest: Guest): void {
    this.#guest = guest;
    if (this.#exitCode !== undefined) void guest.stop();
  }

  #receive(signal: (typeof SIGNALS)[number]): void {
    if (this.#exitCode === undefined) {
      this.#exitCode = ExitCode.SIGNALLED + constants.signals[signal];
      this.#firstMs = performance.now();
      setTimeout(() => this.#leaveAtOnce(), LAST_RESORT_MS).unref();
      void this.#guest?.stop();
    } else if (performance.now() - this.#firstMs > SAME_SIGNAL_MS) {
      this.#leaveAtOnce();
    }
  }

  #leaveAtOnce(): void {
    removeAllFiles();
    exitProcess(this.#exitCode ?? ExitCode.FAILED);
  }
}

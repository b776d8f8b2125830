// The thread that a guest will run on, as the main thread sees it. It is started first of all: a
// thread takes as long to boot as a module to compile, and the two go side by side.

import type { GuestJob, ThreadMessage } from './guest-job.ts';
import { startThread } from './threads.ts';

/**
 * The heap for new objects of a guest's thread. By default V8 lets it grow to 48 MiB before it looks
 * for garbage: 1,600 bytes for each of 9,000 connections, that no one uses any more (measured).
 */
const YOUNG_GENERATION_MIB = 3;

export class GuestThread {
  readonly #worker = startThread('reactor-thread', {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
  });
  #failure: Error | undefined;

  /** Resolves when the thread is gone: with the error that it ended by, if it did. */
  readonly exited: Promise<Error | undefined>;

  constructor() {
    this.#worker.once('error', (error: Error) => {
      this.#failure = error;
    });
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve(this.#failure));
    });
  }

  /** Runs a guest; once. @param hear is called with what the thread tells. */
  run(job: GuestJob, hear: (message: ThreadMessage) => void): void {
    this.#worker.on('message', hear);
    this.#worker.postMessage(job);
  }

  /** Ends the thread whatever it does, unless it is in a system call. */
  terminate(): void {
    void this.#worker.terminate();
  }
}

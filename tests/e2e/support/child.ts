// A child process whose output is collected and which no test leaves behind.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { within } from './deadline.ts';

/** The repository's directory. */
export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** How a process ended: by itself with a code, or by a signal. One of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Runs in the repository's directory. Its output is text; it has no input unless it is given one. */
export class Child {
  stdout = '';
  stderr = '';
  /**
   * Resolves when the process has ended and its output has been read to the end. The output ends
   * when nobody holds it: a process that it left behind would keep this from resolving.
   */
  readonly ended: Promise<Exit>;
  /** Resolves when the process has ended, whatever of its output is still to be read. */
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #command: string;

  /** @param input `pipe`: see {@link input}; a number: a descriptor of this process. */
  constructor(
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    input: 'ignore' | 'pipe' | number = 'ignore',
  ) {
    this.#command = [command, ...args].join(' ');
    this.#process = spawn(command, args, {
      cwd: REPOSITORY,
      env: { ...process.env, ...env },
      stdio: [input, 'pipe', 'pipe'],
    });
    alive.add(this.#process);
    this.#process.stdout?.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.exited = new Promise((done) => {
      this.#process.once('exit', (code, signal) => done({ code, signal }));
    });
    this.ended = new Promise((done, fail) => {
      this.#process.once('error', fail);
      this.#process.once('close', (code, signal) => {
        alive.delete(this.#process);
        done({ code, signal });
      });
    });
  }

  /** Waits for the end, at most so long; then the process is killed, and this rejects. */
  async end(seconds: number): Promise<Exit> {
    try {
      return await within(seconds, this.ended, () => this.describe('has not ended'));
    } catch (error) {
      this.kill('SIGKILL');
      throw error;
    }
  }

  /** What it reads from. */
  get input(): Writable {
    if (this.#process.stdin === null) throw new Error(this.describe('has no input'));
    return this.#process.stdin;
  }

  /** The process's number. */
  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error(this.describe('was not started'));
    return pid;
  }

  /** Sends a signal, or nothing when the process has ended. */
  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Leaves standard output unread, until {@link readOn}. */
  stopReading(): void {
    this.#process.stdout?.pause();
  }

  /** Closes the pipe of its standard output, as `head` does after the last line it wants. */
  closeOutput(): void {
    this.#process.stdout?.destroy();
  }

  /** Reads standard output again, and drops nothing. */
  readOn(): void {
    this.#process.stdout?.resume();
  }

  /** Resolves to what `find` finds on one of the output streams; rejects if it ends before. */
  output<T>(stream: 'stdout' | 'stderr', find: (text: string) => T | undefined): Promise<T> {
    return new Promise((done, fail) => {
      const look = (): void => {
        const found = find(this[stream]);
        if (found !== undefined) done(found);
      };
      this.#process[stream]?.on('data', look);
      look();
      this.ended.then(() => fail(new Error(this.describe('ended too early'))), fail);
    });
  }

  /** For a failure's message: the command, what it did, and what it wrote. */
  describe(what: string): string {
    return `${this.#command}\n${what}; it wrote:\n${this.stdout}${this.stderr}`;
  }
}

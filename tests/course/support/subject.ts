// A server under test, seen from outside: a process that has said where it listens. The native
// programs and `pollux run` look the same from here.

import { readdirSync, readlinkSync } from 'node:fs';
import { Child, type Exit } from '../../e2e/support/child.ts';
import { within } from '../../e2e/support/deadline.ts';
import { withServer } from '../../e2e/support/server.ts';
import { nativeProgram } from './native.ts';

const START_SECONDS_MAX = 30;
const LISTENING = /^native: listening on (?<address>\S+)$/m;

export class Subject {
  readonly address: string;
  readonly #child: Child;

  constructor(child: Child, address: string) {
    this.#child = child;
    this.address = address;
  }

  /** All that it has written to standard error. */
  get stderr(): string {
    return this.#child.stderr;
  }

  /** Resolves when standard error has a text that matches. */
  async says(text: RegExp): Promise<void> {
    const found = this.#child.output('stderr', (all) => (text.test(all) ? true : undefined));
    await within(START_SECONDS_MAX, found, () => this.#child.describe(`does not say ${text}`));
  }

  /**
   * Runs `body` while the process is stopped: connections are queued, bytes and ends arrive, and it
   * finds all of them at once.
   */
  async whileStopped<T>(body: () => Promise<T>): Promise<T> {
    this.#child.kill('SIGSTOP');
    try {
      return await body();
    } finally {
      this.#child.kill('SIGCONT');
    }
  }

  /** How many sockets the process has open. */
  socketCount(): number {
    const folder = `/proc/${this.#child.pid}/fd`;
    return readdirSync(folder).filter((fd) => isSocket(`${folder}/${fd}`)).length;
  }
}

/** A program of tests/course/native. `args` are its own. */
export async function withNative(
  name: string,
  args: readonly string[],
  body: (subject: Subject) => Promise<void>,
): Promise<void> {
  const child = new Child(nativeProgram(name), args);
  try {
    const { address = '' } = await within(
      START_SECONDS_MAX,
      child.output('stderr', (text) => LISTENING.exec(text)?.groups),
      () => child.describe('does not listen'),
    );
    await body(new Subject(child, address));
    assertTerminated(await stop(child), child);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}\n${child.describe('was the server')}`, { cause: error });
  } finally {
    child.kill('SIGKILL');
  }
}

/** `build/NAME.wasm` under `pollux run`. `args` are the guest's. */
export async function withGuest(
  name: string,
  args: readonly string[],
  body: (subject: Subject) => Promise<void>,
): Promise<void> {
  await withServer({ guest: `build/${name}.wasm`, args }, async (server) => {
    await body(new Subject(server.child, server.address));
  });
}

function stop(child: Child): Promise<Exit> {
  child.kill('SIGTERM');
  return child.end(START_SECONDS_MAX);
}

/** A server that ended in any other way did so by itself. */
function assertTerminated(exit: Exit, child: Child): void {
  if (exit.signal !== 'SIGTERM') throw new Error(child.describe('ended before it was stopped'));
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    // It was closed meanwhile.
    return false;
  }
}

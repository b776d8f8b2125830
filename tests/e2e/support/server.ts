// Pollux as a user runs it: the built command line, in a process of its own.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Child, type Exit, REPOSITORY } from './child.ts';
import { within } from './deadline.ts';
import { assertFree } from './target.ts';

const START_SECONDS_MAX = 30;
const END_SECONDS_MAX = 30;
const LISTENING = /^pollux: listening on (?<addresses>.+) \((?<what>[^()]*)\)$/m;

/** What to run, and where it listens. */
export interface ServerOptions {
  /** A path, from the repository's directory. */
  readonly guest: string;
  /** Default: one, on a free port of 127.0.0.1. */
  readonly listen?: readonly string[];
  /** How long it may drain after a signal. Default: not at all, the signal ends it at once. */
  readonly drainTimeout?: string;
  /** More options of the command line. */
  readonly options?: readonly string[];
  /** The guest's own. */
  readonly args?: readonly string[];
}

/** Starts Pollux with any arguments at all. */
export function pollux(args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  return new Child(process.execPath, [join(REPOSITORY, 'dist/cli.cjs'), ...args], env);
}

/** Runs Pollux until it ends by itself. */
export async function runPollux(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const child = pollux(args, env);
  const exit = await child.end(END_SECONDS_MAX);
  return { ...exit, stdout: child.stdout, stderr: child.stderr };
}

/** A server that accepts connections. */
export class Server {
  /** As printed, with the real ports. */
  readonly addresses: readonly string[];
  /** What stands in the brackets: guest, kernel, demux. */
  readonly what: string;
  readonly child: Child;

  private constructor(child: Child, addresses: readonly string[], what: string) {
    this.child = child;
    this.addresses = addresses;
    this.what = what;
  }

  /** Resolves when the line is out that says where it listens. */
  static async start(server: ServerOptions): Promise<Server> {
    const { guest, listen, drainTimeout = '0s', options = [], args = [] } = server;
    const listeners = (listen ?? ['tcp:127.0.0.1:0']).flatMap((each) => ['--listen', each]);
    const drain = ['--drain-timeout', drainTimeout];
    const child = pollux(['run', guest, ...drain, ...options, ...listeners, '--', ...args]);
    try {
      const groups = await within(
        START_SECONDS_MAX,
        child.output('stderr', (text) => LISTENING.exec(text)?.groups),
        () => child.describe('does not listen'),
      );
      return new Server(child, groups['addresses']?.split(', ') ?? [], groups['what'] ?? '');
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** The first address. Most servers have only one. */
  get address(): string {
    const [first] = this.addresses;
    if (first === undefined) throw new Error(this.child.describe('listens nowhere'));
    return first;
  }

  /** Sends the signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.child.end(END_SECONDS_MAX);
  }

  /** Stops it, and holds it to leaving nothing: no process, no busy address, no unix path. */
  async assertStops(signal: NodeJS.Signals, code: number): Promise<void> {
    const exit = await this.stop(signal);
    assert.equal(exit, { code, signal: null }, this.child.describe(`ended, after ${signal}`));
    for (const address of this.addresses) await assertFree(address);
  }
}

/**
 * Runs `body` against a server and stops that, with everything {@link Server.assertStops} asks. A
 * failure's message ends with what the server wrote.
 */
export async function withServer(
  options: ServerOptions,
  body: (server: Server) => Promise<void>,
): Promise<void> {
  await withStarted(options, async (server) => {
    await body(server);
    await server.assertStops('SIGTERM', 143);
  });
}

/** The same for a `body` that stops the server itself; one that is left over is killed. */
export async function withStarted(
  options: ServerOptions,
  body: (server: Server) => Promise<void>,
): Promise<void> {
  const server = await Server.start(options);
  try {
    await body(server);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}\n${server.child.describe('was the server')}`, { cause: error });
  } finally {
    server.child.kill('SIGKILL');
  }
}

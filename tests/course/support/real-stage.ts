// A program on the system's kernel, by `pollux run`, and its peers on sockets of this process.

import type net from 'node:net';
import type { Child } from '../../e2e/support/child.ts';
import { finish, outcomeOf, startClient } from '../../e2e/support/clients.ts';
import { soon } from '../../e2e/support/exchange.ts';
import { withStarted } from '../../e2e/support/server.ts';
import { closed, connect, listen } from '../../e2e/support/target.ts';
import { SocketPeer } from './peer.ts';
import type { Outcome, Play, Stage } from './stage.ts';

/** @param path of the module, from the repository's directory. @returns what came of it. */
export function playOnKernel(path: string, play: Play): Promise<unknown> {
  return play.role === 'listens' ? playServer(path, play) : playClient(path, play);
}

async function playServer(path: string, { args = [], peers }: Play): Promise<unknown> {
  let held: unknown;
  await withStarted({ guest: path, args }, async (server) => {
    const stage = new ServerStage(server.address, server.child);
    held = await peers(stage);
    if (!stage.hasEnded) await server.assertStops('SIGTERM', 143);
  });
  return held;
}

/** A program that listens. */
class ServerStage implements Stage {
  hasEnded = false;
  readonly #address: string;
  readonly #child: Child;

  constructor(address: string, child: Child) {
    this.#address = address;
    this.#child = child;
  }

  async connect(): Promise<SocketPeer> {
    return new SocketPeer(await connect(this.#address));
  }

  accept(): Promise<SocketPeer> {
    throw new Error('the program listens, and the script has no server');
  }

  pass(): void {
    // Time passes by itself.
  }

  async outcome(): Promise<Outcome> {
    this.hasEnded = true;
    return guestOutcome(await outcomeOf(this.#child), this.#address);
  }
}

async function playClient(path: string, play: Play): Promise<unknown> {
  const script = await ScriptServer.open();
  try {
    if (play.isRefused === true) await script.close();
    const { host } = script;
    const child =
      play.role === 'connected'
        ? startClient(path, ['--connect', `tcp:${host}`], play.args)
        : startClient(path, ['--allow-connect', host], ['--to', host, ...(play.args ?? [])]);
    const ended = finish(child, play.input);
    return await play.peers({
      connect: () => Promise.reject(new Error('the program does not listen')),
      accept: () => script.accept(),
      pass: () => undefined,
      outcome: async () => guestOutcome(await ended, host),
    });
  } finally {
    await script.close();
  }
}

/** The server of a script: what it has accepted is taken one by one. */
class ScriptServer {
  readonly host: string;
  readonly #server: net.Server;
  readonly #peers: SocketPeer[] = [];
  readonly #waiters: (() => void)[] = [];

  private constructor(server: net.Server) {
    this.#server = server;
    this.host = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  }

  static async open(): Promise<ScriptServer> {
    const early: net.Socket[] = [];
    let serve = (socket: net.Socket): void => void early.push(socket);
    const server = await listen({ host: '127.0.0.1', port: 0 }, (socket) => serve(socket));
    const script = new ScriptServer(server);
    serve = (socket) => {
      script.#peers.push(new SocketPeer(socket));
      script.#waiters.shift()?.();
    };
    early.forEach(serve);
    return script;
  }

  async accept(): Promise<SocketPeer> {
    while (this.#peers.length === 0) {
      await soon(new Promise<void>((done) => this.#waiters.push(done)), 'nobody connects');
    }
    return this.#peers.shift() as SocketPeer;
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) peer.close();
    if (this.#server.listening) await closed(this.#server);
  }
}

function guestOutcome(
  { code, stdout, stderr }: Awaited<ReturnType<typeof outcomeOf>>,
  address: string,
): Outcome {
  const lines = stderr.split('\n').filter((line) => !line.startsWith('pollux: '));
  return { code: code ?? -1, stdout, stderr: lines.join('\n').replaceAll(address, 'SERVER') };
}

// Clients of ours under Pollux, and servers that a test scripts.

import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { Child, type Exit, REPOSITORY } from './child.ts';
import { closed, listen } from './target.ts';

const END_SECONDS_MAX = 30;

/** A command line of `pollux run`, for programs whose input matters. */
export function runArguments(
  guest: string,
  options: readonly string[],
  args: readonly string[] = [],
): string[] {
  return [join(REPOSITORY, 'dist/cli.cjs'), 'run', guest, ...options, '--', ...args];
}

/** A client under way, with its input open. */
export function startClient(
  guest: string,
  options: readonly string[],
  args: readonly string[] = [],
  input: 'pipe' | number = 'pipe',
): Child {
  return new Child(process.execPath, runArguments(guest, options, args), {}, input);
}

/** How a client ended, and all that it wrote. */
export type Outcome = Exit & { readonly stdout: string; readonly stderr: string };

/** Gives a client all of its input, and waits for its end. */
export async function finish(client: Child, input: string | Uint8Array = ''): Promise<Outcome> {
  // A client that has ended takes no more.
  client.input.on('error', () => {});
  client.input.end(input);
  return outcomeOf(client);
}

/** Waits for a client's end, whatever of its input is still open. */
export async function outcomeOf(client: Child): Promise<Outcome> {
  const exit = await client.end(END_SECONDS_MAX);
  return { ...exit, stdout: client.stdout, stderr: client.stderr };
}

/** Runs `body` against a server of this process that treats each connection as `serve` says. */
export async function withScript(
  serve: (socket: net.Socket) => void,
  body: (address: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<net.Socket>();
  const server = await listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    sockets.add(socket);
    // A reset is what some of them are for.
    socket.on('error', () => {});
    serve(socket);
  });
  try {
    await body(`127.0.0.1:${(server.address() as net.AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await closed(server);
  }
}

/**
 * Runs `body` with the address of a listener that answers no SYN: its queue is full, and its
 * process does not run.
 */
export async function withDeafListener(body: (address: string) => Promise<void>): Promise<void> {
  const script = `require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 },
    function () { console.log(this.address().port); })`;
  const child = new Child(process.execPath, ['-e', script]);
  const fillers: net.Socket[] = [];
  try {
    const port = await child.output('stdout', (text) => /^(\d+)\n/.exec(text)?.[1]);
    child.kill('SIGSTOP');
    // One more than the backlog is what fits.
    for (let i = 0; i < 2; i++) {
      const filler = net.connect(Number(port), '127.0.0.1');
      fillers.push(filler);
      await once(filler, 'connect');
    }
    await body(`127.0.0.1:${port}`);
  } finally {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
    await child.ended;
  }
}

// Addresses as Pollux prints them, and what a client can do with one.

import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import * as assert from 'uvu/assert';
import { parseListenAddress } from '../../../host/kernel/address.ts';

/** What `net.connect` and `net.Server.listen` take. */
export type Target = { readonly host: string; readonly port: number } | { readonly path: string };

/** Reads `tcp:127.0.0.1:43211`, `tcp:[::1]:43211` or `unix:/tmp/x`. */
export function targetOf(address: string): Target {
  const parsed = parseListenAddress(address);
  if (typeof parsed === 'string') throw new Error(`${address}: ${parsed}`);
  return parsed.kind === 'unix' ? { path: parsed.path } : { host: parsed.host, port: parsed.port };
}

/** Resolves to a connected socket, or rejects as the connect did. */
export async function connect(address: string): Promise<net.Socket> {
  const socket = net.connect({ ...targetOf(address), allowHalfOpen: true });
  await new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  return socket;
}

/** Sends `text`, stops sending, and gives all that comes back up to the end of the stream. */
export async function ask(address: string, text: string): Promise<string> {
  const socket = await connect(address);
  socket.end(text, 'latin1');
  const answer: Buffer[] = [];
  for await (const bytes of socket) answer.push(bytes as Buffer);
  return Buffer.concat(answer).toString('latin1');
}

/** Resolves to the next bytes, as text; rejects when the connection ends instead. */
export function received(socket: net.Socket): Promise<string> {
  return new Promise((done, fail) => {
    socket.once('data', (bytes) => done(bytes.toString('latin1')));
    socket.once('end', () => fail(new Error('the stream ended, and bytes were awaited')));
    socket.once('close', () => fail(new Error('the connection is gone, and bytes were awaited')));
  });
}

/** Resolves when the server has ended or reset the connection, and closes it. What comes is dropped. */
export function ended(socket: net.Socket): Promise<void> {
  return new Promise((done) => {
    socket.on('error', () => {
      // A reset is an end too.
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => done());
    socket.resume();
  });
}

/**
 * Sees that nothing listens any more where a server has just been, and that nothing is left of a unix
 * path. Binding there would not do: any process's connection may have been given the port by now.
 */
export async function assertFree(address: string): Promise<void> {
  const target = targetOf(address);
  if ('path' in target) {
    assert.not(existsSync(target.path), `${target.path} is still there`);
    await closed(await listen(target));
  } else {
    assert.not(listeningPorts().has(target.port), `${address} is still listened on`);
  }
}

/** The ports of this machine that a TCP socket listens on. Source: proc_net_tcp.txt; 0A is LISTEN. */
function listeningPorts(): Set<number> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].filter((path) => existsSync(path));
  const rows = tables.flatMap((path) => readFileSync(path, 'latin1').split('\n').slice(1));
  return new Set(
    rows.flatMap((row) => {
      const match = /^ *\d+: [0-9A-F]+:(?<port>[0-9A-F]{4}) [0-9A-F:]+ 0A /.exec(row);
      return match === null ? [] : [parseInt(match.groups?.['port'] ?? '', 16)];
    }),
  );
}

/** True when the machine has `::1`. */
export async function hasIpv6(): Promise<boolean> {
  try {
    await closed(await listen({ host: '::1', port: 0 }));
    return true;
  } catch {
    return false;
  }
}

/** Opens a listener that nobody serves, or `serve` does, with sockets that may be half open. */
export function listen(target: Target, serve?: (socket: net.Socket) => void): Promise<net.Server> {
  const listener = net.createServer({ allowHalfOpen: serve !== undefined }, serve);
  return new Promise((done, fail) => {
    listener.once('error', fail);
    listener.listen(target, () => done(listener));
  });
}

/** Closes a listener that has no connections. */
export function closed(listener: net.Server): Promise<void> {
  return new Promise((done) => listener.close(() => done()));
}

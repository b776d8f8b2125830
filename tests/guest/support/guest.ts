// Loads a module of build/ and runs it on a fake host.

import { readFileSync } from 'node:fs';
import { FakeHost, GuestExit } from './fake-host.ts';
import { FakeSocket, type FakeListener } from './fake-socket.ts';

export const ONLY_FOR_EVENTS = 0x7fffffff;

/** The bytes of a built module. */
export function moduleBytes(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(`../../../build/${name}`, import.meta.url)));
}

export interface Guest {
  readonly host: FakeHost;
  readonly memory: WebAssembly.Memory;
  turn(timeoutMs: number): number;
  /** Turns without waiting until nothing is ready; fails when that takes too many turns. */
  settle(): void;
}

/** Starts build/rot13-echo.reactor.wasm, or other bytes of it, on a host that is set up. */
export function startGuest(
  host: FakeHost,
  bytes: Uint8Array = moduleBytes('rot13-echo.reactor.wasm'),
): Guest {
  const { exports } = instantiate(host, bytes);
  const { memory, turn } = exports as { memory: WebAssembly.Memory; turn: Guest['turn'] };
  (exports['_initialize'] as () => void)();
  const settle = (): void => {
    for (let turnCount = 0; turnCount < 10_000; turnCount++) {
      const result = turn(0);
      if (result < 0) throw new Error(`a turn failed with ${result}`);
      // With nothing new there may be something left, and something may have come since the wait.
      if (result !== 0 && host.readyCount === 0 && !host.epoll.hasNews) return;
    }
    throw new Error('the guest did not come to rest in 10,000 turns');
  };
  return { host, memory, turn, settle };
}

/** The descriptor of the listener of {@link startServer}. */
export const LISTENER = 3;

/** A guest with one listener, of rot13-echo or another module. */
export function startServer(
  args: readonly string[] = [],
  bytes?: Uint8Array,
): {
  guest: Guest;
  host: FakeHost;
  listener: FakeListener;
} {
  const host = new FakeHost();
  host.arguments = args;
  const listener = host.listen(LISTENER);
  return { guest: startGuest(host, bytes), host, listener };
}

/** A peer connects: its socket waits in the listener's queue. */
export function connect(listener: FakeListener, fd: number): FakeSocket {
  const socket = new FakeSocket(fd);
  listener.queue(socket);
  return socket;
}

/** The definition of rot13, as the course notes have it. */
export function rot13Byte(byte: number): number {
  const letter = String.fromCharCode(byte);
  if (/[a-mA-M]/.test(letter)) return byte + 13;
  if (/[n-zN-Z]/.test(letter)) return byte - 13;
  return byte;
}

/** Runs build/rot13-echo.wasm until it exits; any other way out of it is thrown on. */
export function runCommand(host: FakeHost): number {
  const { exports } = instantiate(host, moduleBytes('rot13-echo.wasm'));
  return exitCodeOf(exports['_start'] as () => void);
}

/** The code that `body` exits the guest with. */
export function exitCodeOf(body: () => void): number {
  try {
    body();
  } catch (error) {
    if (error instanceof GuestExit) return error.code;
    throw error;
  }
  throw new Error('the guest returned without an exit');
}

function instantiate(host: FakeHost, bytes: Uint8Array): WebAssembly.Instance {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), host.imports);
  host.attach(instance.exports['memory'] as WebAssembly.Memory);
  return instance;
}

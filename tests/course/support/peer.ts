// The other end of one of a program's connections, and what a script may do with it. There are two
// kinds: a socket of the system, here, and a socket of a simulated world, in twin-stage.ts.

import type { Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { soon } from '../../e2e/support/exchange.ts';

/** How the program ended its side: in order, or with a reset. */
export type StreamEnd = 'ended' | 'reset';

export interface Peer {
  /** Sends all of it; text is one byte a character. Resolves when it is on its way. */
  send(bytes: string | Uint8Array): Promise<void>;
  /** Ends its side behind what was sent: a half-close. */
  finish(): void;
  /** Closes with a reset, at once. Not behind {@link finish}. */
  reset(): void;
  /** Closes. With received bytes that nobody read, that is a reset. */
  close(): void;
  /** Reads nothing, until {@link resume}. */
  pause(): void;
  resume(): void;
  /** All that has been received. */
  readonly bytes: Buffer;
  /** Resolves when so many bytes have been received, in all; rejects when they do not come. */
  received(countBytes: number): Promise<void>;
  /** Resolves when the stream has come to its end. */
  ended(): Promise<StreamEnd>;
}

/** A peer on a socket of the system. */
export class SocketPeer implements Peer {
  /** Called with all received bytes, whenever there are more. What it throws fails the test. */
  onBytes: ((countBytes: number) => void) | undefined;
  /** How many bytes have been received. */
  countBytes = 0;
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #end: StreamEnd | undefined;
  #failure: Error | undefined;
  #waiters: (() => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => this.#finish('ended'));
    socket.on('error', () => this.#finish('reset'));
  }

  async send(bytes: string | Uint8Array): Promise<void> {
    const sent = new Promise<void>((done, fail) => {
      const told = (error?: Error | null): void => (error ? fail(error) : done());
      if (typeof bytes === 'string') this.#socket.write(bytes, 'latin1', told);
      else this.#socket.write(bytes, told);
    });
    await soon(sent, 'the server does not take what is sent');
  }

  /** Sends what the system may not take for long: the other side does not read. */
  offer(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** How much of what was sent the system has not taken. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends it and ends the side at once: the last bytes and the end arrive together. */
  finishWith(bytes: Uint8Array): void {
    this.#socket.end(bytes);
  }

  finish(): void {
    this.#socket.end();
  }

  reset(): void {
    // It would not be reset, and stay open. Source: uv_tcp_close_reset.
    assert.not(this.#socket.writableEnded, 'Node has no reset behind the end of a stream');
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  received(countBytes: number): Promise<void> {
    return this.#until(
      () => this.countBytes >= countBytes || this.#end !== undefined,
      () => `${countBytes} bytes do not come, only ${this.countBytes}`,
    ).then(() => {
      if (this.countBytes >= countBytes) return;
      throw new Error(`the stream ${this.#end} at ${this.countBytes} of ${countBytes} bytes`);
    });
  }

  async ended(): Promise<StreamEnd> {
    await this.#until(
      () => this.#end !== undefined,
      () => `the stream does not end; ${this.countBytes} bytes came`,
    );
    return this.#end as StreamEnd;
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.countBytes += chunk.length;
    try {
      this.onBytes?.(this.countBytes);
    } catch (error) {
      this.#failure ??= error as Error;
    }
    this.#wake();
  }

  #finish(end: StreamEnd): void {
    this.#end ??= end;
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  /** Rejects, too, when something was wrong with what came. */
  async #until(condition: () => boolean, describe: () => string): Promise<void> {
    while (this.#failure === undefined && !condition()) {
      await soon(new Promise<void>((done) => this.#waiters.push(done)), '').catch(() => {
        throw new Error(describe());
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}

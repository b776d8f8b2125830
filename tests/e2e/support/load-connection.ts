// The connections of the load client: one sends its stream in pieces, checks every byte that comes
// back at its position, and holds the end of the stream to the byte; the other waits.

import net from 'node:net';
import type { Random } from './random.ts';
import { PIECE_BYTES_MAX, type StreamContent } from './stream-content.ts';
import type { Target } from './target.ts';

/** What is wrong with a connection, and where in its stream. */
export interface Failure {
  readonly connection: number;
  /** Bytes received when it went wrong; for a wrong byte, its position. */
  readonly offset: number;
  readonly reason: string;
}

/** How one connection behaves. */
export interface Behaviour {
  readonly bytes: number;
  /**
   * Stops sending as soon as all is sent; else only when all of it has come back. Only the latter
   * surely tells a reset at the very end: libuv takes one that comes with the last bytes for an end.
   */
  readonly closesEarly: boolean;
  /** Reads at most so many bytes at a time, and pauses now and then. */
  readonly isSlow: boolean;
}

/** What a connection is, whatever it does. */
export interface ConnectionOptions {
  /** Names the connection, and its stream. */
  readonly index: number;
  readonly target: Target;
  readonly content: StreamContent;
  /** The server will be stopped: the stream may end, or be reset, anywhere. */
  readonly mayBeCut: boolean;
  readonly fail: (failure: Failure) => never;
  /** Called once, when the first byte has come back. */
  readonly onFirstByte: () => void;
}

const SLOW_READ_BYTES = 1_024;
/** Of the reads of a slow connection. */
const SLOW_PAUSE_SHARE = 0.02;
const SLOW_PAUSE_MS_MAX = 10;

// Shared by all connections: what arrives is checked before the next read is made.
const fastBlock = Buffer.allocUnsafe(PIECE_BYTES_MAX);
const slowBlock = Buffer.allocUnsafe(SLOW_READ_BYTES);

abstract class Connection {
  receivedBytes = 0;
  wasCut = false;
  isDone = false;
  readonly index: number;
  protected readonly options: ConnectionOptions;
  protected readonly socket: net.Socket;
  /** Resolves when both directions have ended, or the connection was cut. */
  protected readonly done: Promise<void>;

  constructor(options: ConnectionOptions, block: Buffer) {
    this.index = options.index;
    this.options = options;
    this.socket = net.connect({
      ...options.target,
      allowHalfOpen: true,
      noDelay: true,
      onread: {
        buffer: block,
        callback: (countBytes) => {
          this.receive(block.subarray(0, countBytes));
          return true;
        },
      },
    });
    this.socket.on('end', () => {
      if (!this.isComplete()) this.#endEarly('the stream ended too early');
    });
    this.socket.on('error', (error) => this.#endEarly(error.message));
    this.done = new Promise((done) => {
      this.socket.once('close', () => {
        this.isDone = true;
        done();
      });
    });
  }

  /** Resolves when the connection stands. One that can't is a failure. */
  connected(): Promise<void> {
    return new Promise((done) => this.socket.once('connect', done));
  }

  protected abstract receive(bytes: Buffer): void;

  /** True when the stream may end: all has been sent, this was said, and all has come back. */
  protected abstract isComplete(): boolean;

  protected fail(reason: string): never {
    this.options.fail({ connection: this.index, offset: this.receivedBytes, reason });
  }

  #endEarly(reason: string): void {
    if (!this.options.mayBeCut) this.fail(reason);
    this.wasCut = true;
    this.socket.destroy();
  }
}

/** Sends and checks a whole stream. */
export class ActiveConnection extends Connection {
  sentBytes = 0;
  pauseCount = 0;
  readonly behaviour: Behaviour;
  readonly #random: Random;
  #hasStoppedSending = false;

  constructor(options: ConnectionOptions, behaviour: Behaviour, random: Random) {
    super(options, behaviour.isSlow ? slowBlock : fastBlock);
    this.behaviour = behaviour;
    this.#random = random;
  }

  /** Resolves when the stream has been sent, has come back and has ended, both ways. */
  run(): Promise<void> {
    this.#sendPiece();
    return this.done;
  }

  /** Sends one piece for each turn of the event loop, so that all connections advance together. */
  readonly #sendPiece = (): void => {
    if (this.socket.destroyed) return;
    const leftBytes = this.behaviour.bytes - this.sentBytes;
    if (leftBytes === 0) {
      if (this.behaviour.closesEarly) this.#stopSending();
      return;
    }
    const sizeBytes = Math.min(leftBytes, this.#random.magnitude(PIECE_BYTES_MAX));
    const piece = this.options.content.piece(this.index, this.sentBytes, sizeBytes);
    this.sentBytes += sizeBytes;
    this.socket.write(piece, () => setImmediate(this.#sendPiece));
  };

  #stopSending(): void {
    this.#hasStoppedSending = true;
    this.socket.end();
  }

  protected override receive(bytes: Buffer): void {
    if (this.receivedBytes + bytes.length > this.sentBytes) {
      this.fail(`${bytes.length} more bytes, and only ${this.sentBytes} were sent so far`);
    }
    const { content } = this.options;
    const wrong = content.firstWrong(this.index, this.receivedBytes, bytes);
    if (wrong >= 0) {
      this.receivedBytes += wrong;
      const expected = content.answerAt(this.index, this.receivedBytes);
      this.fail(`the byte is ${bytes[wrong]}, expected ${expected}`);
    }
    if (this.receivedBytes === 0) this.options.onFirstByte();
    this.receivedBytes += bytes.length;
    if (this.receivedBytes === this.behaviour.bytes && !this.behaviour.closesEarly) {
      this.#stopSending();
    }
    if (this.behaviour.isSlow && this.#random.chance(SLOW_PAUSE_SHARE)) this.#pause();
  }

  protected override isComplete(): boolean {
    return this.#hasStoppedSending && this.receivedBytes === this.behaviour.bytes;
  }

  #pause(): void {
    this.pauseCount += 1;
    this.socket.pause();
    setTimeout(() => this.socket.resume(), 1 + this.#random.below(SLOW_PAUSE_MS_MAX));
  }
}

/** Says nothing until it is asked, at the end, whether it is still served. */
export class IdleConnection extends Connection {
  #wasAsked = false;

  constructor(options: ConnectionOptions) {
    super(options, slowBlock);
  }

  /** Sends one byte; resolves when its answer and the end of the stream have come. */
  probe(): Promise<void> {
    this.#wasAsked = true;
    this.socket.end(this.options.content.piece(this.index, 0, 1));
    return this.done;
  }

  /** Resolves when the server is stopped. Only for a connection that may be cut. */
  cut(): Promise<void> {
    return this.done;
  }

  protected override receive(bytes: Buffer): void {
    if (!this.#wasAsked) this.fail('an idle connection got bytes that nobody asked for');
    const wrong = this.options.content.firstWrong(this.index, this.receivedBytes, bytes);
    this.receivedBytes += bytes.length;
    if (this.receivedBytes !== 1 || wrong >= 0) {
      this.fail(`the answer to the one byte of an idle connection: ${[...bytes].join(' ')}`);
    }
  }

  protected override isComplete(): boolean {
    return this.#wasAsked && this.receivedBytes === 1;
  }
}

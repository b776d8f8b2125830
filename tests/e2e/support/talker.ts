// A client that hears everything from its first moment on, so that nothing it is asked about later
// has gone by unheard.

import type { Socket } from 'node:net';
import { soon } from './exchange.ts';
import { connect } from './target.ts';

export class Talker {
  /** All that has come. */
  text = '';
  hasEnded = false;
  readonly #socket: Socket;
  #changed: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1');
      this.#changed();
    });
    // A reset is an end too.
    socket.on('error', () => undefined);
    for (const end of ['end', 'close']) {
      socket.on(end, () => {
        this.hasEnded = true;
        this.#changed();
      });
    }
  }

  static async connect(address: string): Promise<Talker> {
    return new Talker(await connect(address));
  }

  /** One after the other, so that a queue holds them in this order. */
  static async connectMany(address: string, count: number): Promise<Talker[]> {
    const talkers: Talker[] = [];
    while (talkers.length < count) talkers.push(await Talker.connect(address));
    return talkers;
  }

  say(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** Ends its side. */
  finish(): void {
    this.#socket.end();
  }

  /** Resolves when all that has come is `text`; rejects when it is not so soon. */
  hears(text: string): Promise<void> {
    return this.#until(
      () => this.text === text,
      () => `heard ${JSON.stringify(this.text)} and not ${JSON.stringify(text)}`,
    );
  }

  /** Resolves when the server has ended the connection, one way or the other. */
  ends(): Promise<void> {
    return this.#until(
      () => this.hasEnded,
      () => 'the server has not ended the connection',
    );
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  leave(): void {
    this.#socket.destroy();
  }

  #until(isSo: () => boolean, problem: () => string): Promise<void> {
    const so = new Promise<void>((done) => {
      this.#changed = () => {
        if (isSo()) done();
      };
      this.#changed();
    });
    return soon(so, problem);
  }
}

// A client of a guest: sends what it has, and keeps all that comes back.

import net from 'node:net';
import { targetOf } from '../e2e/support/target.ts';

export class TestClient {
  readonly #socket: net.Socket;
  readonly #received: Buffer[] = [];
  readonly #closed: Promise<void>;

  /**
   * @param sends one byte a character
   * @param isDeaf reads nothing before {@link received} is asked for
   */
  constructor(address: string, sends = '', isDeaf = false) {
    this.#socket = net.connect(targetOf(address));
    this.#socket.setNoDelay(true);
    // A reset ends it as well; what came before counts.
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (bytes) => this.#received.push(bytes));
    this.#closed = new Promise((done) => this.#socket.once('close', () => done()));
    if (isDeaf) this.#socket.pause();
    if (sends !== '') this.#socket.write(sends, 'latin1');
  }

  /** Sends, and waits for just this answer. */
  async ask(sends: string, expected: string): Promise<void> {
    const before = Buffer.concat(this.#received).length;
    this.#socket.write(sends, 'latin1');
    for (;;) {
      const answer = Buffer.concat(this.#received).toString('latin1', before);
      if (answer === expected) return;
      if (answer.length >= expected.length) throw new Error(`the answer is ${answer}`);
      await new Promise<void>((done, fail) => {
        this.#socket.once('data', () => done());
        void this.#closed.then(() => fail(new Error('the connection ended before the answer')));
      });
    }
  }

  end(): void {
    this.#socket.end();
  }

  /** All that came, up to the end of the connection. */
  async received(): Promise<string> {
    this.#socket.resume();
    await this.#closed;
    return Buffer.concat(this.#received).toString('latin1');
  }
}

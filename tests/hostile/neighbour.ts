// A guest of good manners in the same process: what a hostile one must not disturb.

import { type Guest, run } from 'pollux';
import { TestClient } from './test-client.ts';

const ECHO = 'build/rot13-echo.wasm';

export class Neighbour {
  readonly #guest: Guest;
  /** A connection that lasts as long as the guest. */
  readonly #client: TestClient;

  private constructor(guest: Guest) {
    this.#guest = guest;
    this.#client = new TestClient(guest.addresses[0] ?? '');
  }

  static async start(): Promise<Neighbour> {
    return new Neighbour(await run(ECHO, { listen: ['tcp:127.0.0.1:0'], stdin: 'ignore' }));
  }

  /** Serves on the connection that stands, and on a new one, which it ends. */
  async serve(): Promise<void> {
    await this.#client.ask('Hello', 'Uryyb');
    const client = new TestClient(this.#guest.addresses[0] ?? '');
    await client.ask('World', 'Jbeyq');
    client.end();
    if ((await client.received()) !== 'Jbeyq') throw new Error('it answers more than it was asked');
  }

  async stop(): Promise<void> {
    const { reason } = await this.#guest.stop();
    if (reason !== 'stopped') throw new Error(`the neighbour ended otherwise: ${reason}`);
    await this.#client.received();
  }
}

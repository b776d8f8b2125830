// A server of a simulated world, as a test uses it.

import { formatAddress } from '../../kernel/address.ts';
import type { Deed } from './actions.ts';
import { usage } from './options.ts';
import type { Peer } from './peer.ts';
import type { Answer, ServerSocket } from './server-socket.ts';

/** What a server asks of its world. */
interface Access {
  readonly deed: (deed: Deed) => void;
  readonly socket: () => ServerSocket;
  /** The connections that it has accepted. */
  readonly connections: () => readonly Peer[];
}

export class Server {
  readonly #number: number;
  readonly #access: Access;

  /** Made by `World.listen`. */
  constructor(number: number, access: Access) {
    this.#number = number;
    this.#access = access;
  }

  /** Where it listens, with the port that it got: `tcp:127.0.0.1:32768`. */
  get address(): string {
    return formatAddress(this.#access.socket().address);
  }

  /** What it has accepted so far, the first one first. */
  get connections(): readonly Peer[] {
    return this.#access.connections();
  }

  /** One of {@link connections}. @throws SimulationError `USAGE` when there are fewer. */
  connection(index = 0): Peer {
    const { connections } = this;
    const connection = connections[index];
    if (connection !== undefined) return connection;
    throw usage(
      `${this.address} has ${connections.length} connections, so none has index ${index}; run() lets the guest connect`,
    );
  }

  /** Accepts whoever connects from now on, as it does from the beginning. */
  accept(): this {
    return this.#answer('accept');
  }

  /** Refuses whoever connects from now on: CONNREFUSED. Those who are connected stay so. */
  refuse(): this {
    return this.#answer('refuse');
  }

  /**
   * Answers nothing from now on: a connect fails with TIMEDOUT when enough time was let pass.
   *
   * @throws SimulationError `USAGE` for a unix socket, which answers at once.
   */
  ignore(): this {
    if (this.address.startsWith('unix:')) {
      throw usage('a unix socket answers a connect at once, and can not ignore one; refuse()');
    }
    return this.#answer('ignore');
  }

  #answer(answer: Answer): this {
    this.#access.deed({ kind: 'answer', server: this.#number, answer });
    return this;
  }
}

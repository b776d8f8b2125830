// A server of a simulated world, for a guest that connects: a listener that accepts by itself,
// refuses, or lets whoever knocks wait for ever.

import { errnoName } from '../../base/errno.ts';
import { type Address, formatAddress } from '../../kernel/address.ts';
import type { Network } from '../../kernel/sim/network.ts';
import { type Buffers, setBuffers } from './buffers.ts';
import { usage } from './options.ts';
import { makeFile, type PeerFile, PeerSocket } from './peer-socket.ts';

/** As long as Linux takes one. */
const BACKLOG = 4096;

/**
 * What becomes of those who connect. `accept`: they are connected. `refuse`: they are told that no
 * one listens. `ignore`: nothing answers, as where a firewall drops what comes; TCP alone.
 */
export type Answer = 'accept' | 'refuse' | 'ignore';

export interface ServerOptions extends Buffers {
  /** Its connections read nothing before they are told to. */
  readonly paused?: boolean;
}

export class ServerSocket {
  /** Where it listens, with the port that it got. */
  readonly address: Address;
  readonly #network: Network;
  readonly #options: ServerOptions;
  readonly #onAccept: (peer: PeerSocket) => void;
  #listener: PeerFile | undefined;

  /** @throws SimulationError `USAGE` when it can not listen there. */
  constructor(
    network: Network,
    address: Address,
    options: ServerOptions,
    onAccept: (peer: PeerSocket) => void,
  ) {
    this.#network = network;
    this.#options = options;
    this.#onAccept = onAccept;
    this.#listener = this.#listen(address);
    this.address = this.#listener.localAddress() as Address;
  }

  /** From now on. Those who are connected stay so. */
  answer(answer: Answer): void {
    this.#listener?.release();
    this.#listener = undefined;
    if (answer === 'refuse') return;
    // A server that comes back finds the path of the one before, and removes it.
    if (this.address.family === 'unix') this.#network.paths.delete(this.address.path);
    this.#listener = this.#listen(this.address);
    if (answer === 'ignore') this.#listener.stopQueueing();
  }

  #listen(address: Address): PeerFile {
    const listener = makeFile(this.#network, address);
    setBuffers(listener, this.#options);
    const result = listener.bind(address) || listener.listen(BACKLOG);
    if (result < 0) {
      throw usage(`${formatAddress(address)} can not be listened at: ${errnoName(-result)}`);
    }
    listener.onWake = () => this.#accept(listener);
    return listener;
  }

  #accept(listener: PeerFile): void {
    for (let file = listener.accept(); typeof file !== 'number'; file = listener.accept()) {
      // A unix socket's size is not its listener's.
      setBuffers(file, this.#options);
      this.#onAccept(PeerSocket.accepted(file as PeerFile, this.#options.paused ?? false));
    }
  }
}

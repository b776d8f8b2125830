// One attempt to connect: a SYN, and another one each time no answer has come. After the last one
// the attempt has failed.

import { NS_PER_S } from '../../base/units.ts';
import type { InetAddress } from './ports.ts';
import type { TcpConnection } from './tcp-connection.ts';
import type { Appointment } from './timeline.ts';

/** How long each SYN waits for an answer. Measured on Linux 6.18; tcp_syn_retries in tcp(7). */
const PATIENCE_SECONDS: readonly number[] = [1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64];

export class ConnectAttempt {
  readonly #client: TcpConnection;
  readonly #address: InetAddress;
  readonly #onTimeout: () => void;
  #sentCount = 0;
  #timer: Appointment | undefined;

  constructor(client: TcpConnection, address: InetAddress, onTimeout: () => void) {
    this.#client = client;
    this.#address = address;
    this.#onTimeout = onTimeout;
    this.#send();
  }

  /** It came to an end: no SYN is sent any more. */
  end(): void {
    this.#timer?.cancel();
  }

  #send(): void {
    const { network } = this.#client;
    const seconds = PATIENCE_SECONDS[this.#sentCount++];
    if (seconds === undefined) {
      this.#onTimeout();
      return;
    }
    network.transmitSyn(this.#client, this.#address);
    this.#timer = network.timeline.startTimer(seconds * NS_PER_S, { happen: () => this.#send() });
  }
}

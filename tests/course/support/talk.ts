// A conversation with a server, held to its model at every byte: what comes is the answer, it does
// not come before it may, and all of it comes.

import * as assert from 'uvu/assert';
import { connect } from '../../e2e/support/target.ts';
import { exchange, rounds, WITNESSED } from './deeds.ts';
import { answerTo, Expectation, type ServerModel } from './model.ts';
import { SocketPeer } from './peer.ts';
import type { Subject } from './subject.ts';

export interface TalkOptions {
  readonly model: ServerModel;
  /** What --ring-bytes says. */
  readonly ringBytes?: number;
}

export class Talk {
  readonly peer: SocketPeer;
  readonly #model: ServerModel;
  readonly #expectation: Expectation;
  readonly #sent: Buffer[] = [];

  constructor(peer: SocketPeer, { model, ringBytes }: TalkOptions) {
    this.peer = peer;
    this.#model = model;
    this.#expectation = new Expectation(model, ringBytes);
    peer.onBytes = (countBytes) => {
      const { mostBytes } = this.#expectation;
      assert.ok(countBytes <= mostBytes, `${countBytes} bytes came, ${mostBytes} may be answered`);
    };
  }

  static async open(subject: Subject, options: TalkOptions): Promise<Talk> {
    return new Talk(new SocketPeer(await connect(subject.address)), options);
  }

  async send(bytes: Uint8Array): Promise<void> {
    this.#note(bytes);
    await this.peer.send(bytes);
  }

  /** Sends what may not be taken for long. */
  offer(bytes: Uint8Array): void {
    this.#note(bytes);
    this.peer.offer(bytes);
  }

  finish(): void {
    this.#expectation.finish();
    this.peer.finish();
  }

  /** Sends it, and the end with it. */
  finishWith(bytes: Uint8Array): void {
    this.#note(bytes);
    this.#expectation.finish();
    this.peer.finishWith(bytes);
  }

  /** Resolves when all has come that must come without anything more being sent. */
  async answered(): Promise<void> {
    await this.peer.received(this.#expectation.leastBytes);
  }

  /** Resolves to the whole answer, at its end. */
  async whole(): Promise<Buffer> {
    assert.is(await this.peer.ended(), 'ended');
    const { bytes } = this.peer;
    const expected = answerTo(Buffer.concat(this.#sent), this.#model);
    assertSame(bytes, expected);
    this.peer.close();
    return bytes;
  }

  #note(bytes: Uint8Array): void {
    this.#sent.push(Buffer.from(bytes));
    this.#expectation.send(bytes, this.peer.countBytes);
  }
}

/** Says at which byte the two part. */
export function assertSame(actual: Buffer, expected: Buffer): void {
  if (actual.equals(expected)) return;
  const wrong = expected.findIndex((byte, index) => byte !== actual[index]);
  const at = wrong < 0 ? expected.length : wrong;
  assert.unreachable(`byte ${at} is ${actual[at]}, and ${expected[at]} was expected`);
}

/** A client that shows that a server is well, and that it has been round its loop. */
export class Witness {
  readonly #peer: SocketPeer;

  private constructor(peer: SocketPeer) {
    this.#peer = peer;
  }

  static async of(subject: Subject): Promise<Witness> {
    const witness = new Witness(new SocketPeer(await connect(subject.address)));
    await witness.exchange();
    return witness;
  }

  /** Is served once more. */
  exchange(): Promise<void> {
    return exchange(this.#peer, WITNESSED);
  }

  /** See {@link rounds}. */
  rounds(): Promise<void> {
    return rounds(this.#peer);
  }

  close(): void {
    this.#peer.close();
  }
}

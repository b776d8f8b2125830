// What epoll is, in as few words as can be: who watches whom, and who would be told what. Connections
// here are of TCP, and never full. Source: fs/eventpoll.c, net/ipv4/tcp.c of Linux.

import { EpollBit } from './spec.ts';

const { IN = 0, OUT = 0, RDHUP = 0, ERR = 0, HUP = 0, ET = 0, ONESHOT = 0 } = EpollBit;
const ALWAYS = ERR | HUP;
const ASKABLE = IN | OUT | RDHUP;

export class ModelConnection {
  unreadBytes = 0;
  hasPeerEnded = false;
  hasEnded = false;
  isReset = false;
  hasError = false;

  /** What it is ready for. */
  get ready(): number {
    if (this.isReset) return IN | OUT | RDHUP | HUP | (this.hasError ? ERR : 0);
    const reads = this.unreadBytes > 0 || this.hasPeerEnded ? IN : 0;
    const ends = this.hasPeerEnded ? RDHUP | (this.hasEnded ? HUP : 0) : 0;
    return reads | OUT | ends;
  }
}

interface Watch {
  events: number;
  tag: number;
  /** Something came since it was last told: what an edge is told by. */
  isPending: boolean;
  /** A one-shot that was told. */
  isDisarmed: boolean;
}

export class ModelInstance {
  readonly #watches = new Map<ModelConnection, Watch>();

  add(connection: ModelConnection, events: number, tag: number): string {
    if (this.#watches.has(connection)) return 'EXIST';
    this.#set(connection, events, tag);
    return 'SUCCESS';
  }

  mod(connection: ModelConnection, events: number, tag: number): string {
    if (!this.#watches.has(connection)) return 'NOENT';
    this.#set(connection, events, tag);
    return 'SUCCESS';
  }

  del(connection: ModelConnection): string {
    return this.#watches.delete(connection) ? 'SUCCESS' : 'NOENT';
  }

  /** Something came. @param bits what, or 0: whoever watches looks. */
  wake(connection: ModelConnection, bits: number): void {
    const watch = this.#watches.get(connection);
    if (watch === undefined) return;
    if (bits === 0 || (bits & (watch.events | ALWAYS)) !== 0) watch.isPending = true;
  }

  /**
   * Who is told what now: tag -> bits, and whether that is sure. When the peer's system acknowledges
   * our end, which it may do with its next bytes, whoever watches looks again: one more edge.
   */
  ready(): Map<number, { readonly bits: number; readonly isSure: boolean }> {
    const ready = new Map<number, { bits: number; isSure: boolean }>();
    for (const [connection, watch] of this.#watches) {
      const bits = connection.ready & ((watch.events & ASKABLE) | ALWAYS);
      const isEdge = (watch.events & (ET | ONESHOT)) === ET;
      const isSure = !isEdge || watch.isPending;
      if (bits === 0 || watch.isDisarmed || (!isSure && !connection.hasEnded)) continue;
      ready.set(watch.tag, { bits, isSure });
    }
    return ready;
  }

  /** These were told. */
  told(tags: readonly number[]): void {
    for (const watch of this.#watches.values()) {
      if (!tags.includes(watch.tag)) continue;
      watch.isPending = false;
      if ((watch.events & ONESHOT) !== 0) watch.isDisarmed = true;
    }
  }

  #set(connection: ModelConnection, events: number, tag: number): void {
    this.#watches.set(connection, { events, tag, isPending: true, isDisarmed: false });
  }
}

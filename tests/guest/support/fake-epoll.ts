// WASIX's epoll on the sockets of the fake host: one instance, level- and edge-triggered as Linux
// does it. An edge is reported once, with all that is ready then; adding reports what is ready.

import { Errno } from '../../../host/base/errno.ts';
import { WouldWaitForEver, type FakeHost } from './fake-host.ts';

/** The descriptor of the instance, above all that the tests use. */
const EPFD = 0x7000_0000;
const EVENT_BYTES = 32;
const [ADD, MOD, DEL] = [0, 1, 2];
const [IN, OUT, EDGE] = [1, 2, 64];
const FOR_EVER = -1n;

interface Registration {
  readonly events: number;
  /** The caller's words, as they lay behind the bits. */
  readonly data: Uint8Array;
  /** The edges of the socket that have been reported; -1 before the first report. */
  edgesSeen: number;
}

export class FakeEpoll {
  /** Answered by the next calls of epoll_ctl that add or change. */
  readonly controlErrors: Errno[] = [];
  /** Called in place of the next waits: what they write to `events`, and their count or errno. */
  readonly scripts: ((view: DataView, events: number) => { errno: number; count: number })[] = [];
  readonly #host: FakeHost;
  readonly #registrations = new Map<number, Registration>();
  #isCreated = false;

  constructor(host: FakeHost) {
    this.#host = host;
  }

  has(fd: number): boolean {
    return this.#registrations.has(fd);
  }

  /** Whether a wait would report something. */
  get hasNews(): boolean {
    return [...this.#registrations].some(([fd, one]) => this.#dueBits(fd, one) !== 0);
  }

  get functions(): Record<string, (...parameters: never[]) => number> {
    return { epoll_create: this.#create, epoll_ctl: this.#control, epoll_wait: this.#wait };
  }

  readonly #create = (resultAt: number): number => {
    this.#isCreated = true;
    this.#host.view.setUint32(resultAt, EPFD, true);
    return 0;
  };

  readonly #control = (epfd: number, op: number, fd: number, event: number): number => {
    if (!this.#isCreated || epfd !== EPFD) return Errno.BADF;
    if (this.#host.socketAt(fd) === undefined) return Errno.BADF;
    if (op === ADD && this.has(fd)) return Errno.EXIST;
    if (op !== ADD && !this.has(fd)) return Errno.NOENT;
    if (op === DEL) {
      this.#registrations.delete(fd);
      return 0;
    }
    if (op !== MOD && op !== ADD) return Errno.INVAL;
    const errno = this.controlErrors.shift();
    if (errno !== undefined) return errno;
    const events = this.#host.view.getUint32(event, true);
    if ((events & ~(IN | OUT | EDGE)) !== 0 || (events & (IN | OUT)) === 0) {
      throw new Error(`the guest registered descriptor ${fd} for ${events}`);
    }
    const data = new Uint8Array(this.#host.view.buffer, event + 8, 24).slice();
    this.#registrations.set(fd, { events, data, edgesSeen: -1 });
    return 0;
  };

  readonly #wait = (
    epfd: number,
    events: number,
    countMax: number,
    timeoutNs: bigint,
    resultAt: number,
  ): number => {
    if (!this.#isCreated || epfd !== EPFD) return Errno.BADF;
    if (countMax <= 0) return Errno.INVAL;
    if (this.#host.takeInterrupt()) return Errno.INTR;
    const { view } = this.#host;
    const script = this.scripts.shift();
    if (script !== undefined) {
      const { errno, count } = script(view, events);
      view.setUint32(resultAt, count, true);
      return errno;
    }
    const count = this.#report(events, countMax);
    this.#host.readyCount = count;
    if (count === 0 && timeoutNs === FOR_EVER) throw new WouldWaitForEver();
    if (count === 0) this.#host.nowNs += timeoutNs;
    view.setUint32(resultAt, count, true);
    return 0;
  };

  /** Writes what is due, those that have waited longest first; tells how many. */
  #report(events: number, countMax: number): number {
    const { view } = this.#host;
    let count = 0;
    for (const [fd, registration] of [...this.#registrations]) {
      if (count === countMax) break;
      const bits = this.#dueBits(fd, registration);
      // Looked at is reported, also when there was nothing to say.
      const socket = this.#host.socketAt(fd);
      socket?.noteLookedAt();
      registration.edgesSeen = socket?.edgeCount ?? 0;
      if (bits === 0) continue;
      const at = events + EVENT_BYTES * count++;
      view.setUint32(at, bits, true);
      new Uint8Array(view.buffer, at + 8, 24).set(registration.data);
      this.#registrations.delete(fd);
      this.#registrations.set(fd, registration);
    }
    return count;
  }

  #dueBits(fd: number, { events, edgesSeen }: Registration): number {
    const socket = this.#host.socketAt(fd);
    if (socket === undefined) return 0;
    if ((events & EDGE) !== 0 && socket.edgeCount === edgesSeen) return 0;
    return ((socket.isReadable ? IN : 0) | (socket.isWritable ? OUT : 0)) & events;
  }
}

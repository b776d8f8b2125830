// The interfaces of assembly/posix on a host whose answers the test scripts.

import { moduleBytes } from './guest.ts';
import { readSubscriptions, writeEvents, type Answer, type Subscription } from './poll-abi.ts';

/** Pointers are offsets into the memory. See assembly/posix-kernels.ts. */
interface Functions {
  readonly memory: WebAssembly.Memory;
  takeForEver(bytes: number): number;
  FD_ZERO(set: number): void;
  FD_SET(fd: number, set: number): void;
  FD_CLR(fd: number, set: number): void;
  FD_ISSET(fd: number, set: number): number;
  select(maxfd: number, read: number, write: number, except: number, timeval: number): number;
  poll(fds: number, nfds: number, timeoutMs: number): number;
  epollCreate(): number;
  epollCtl(epfd: number, op: number, fd: number, event: number): number;
  epollWait(epfd: number, events: number, maxevents: number, timeoutMs: number): number;
  bindEvent(fd: number, event: number): number;
  getEvents(events: number, maxnr: number, timeval: number): number;
}

/** What the tests have for their own things. */
const SCRATCH_BYTES = 262_144;

const module = new WebAssembly.Module(moduleBytes('guest-posix.wasm'));

export class Posix {
  readonly functions: Functions;
  /** The list of every poll_oneoff. */
  readonly polls: (readonly Subscription[])[] = [];
  /** Where each of them lay. */
  readonly listAddresses: number[] = [];
  /** Called by every poll_oneoff; what is not scripted lets the clock expire, or throws. */
  answer: (subscriptions: readonly Subscription[]) => Answer | undefined = () => undefined;
  /** The descriptors that fd_fdstat_get knows. */
  readonly open = new Set<number>();
  /** The calls of WASIX's epoll, by name and arguments. */
  readonly epollCalls: unknown[] = [];
  /** Called by each of them. */
  epoll: (name: string, parameters: readonly (number | bigint)[]) => number = () => 0;
  /** The first byte that is the test's. */
  readonly scratch: number;

  constructor() {
    const epoll = (name: string) => {
      return (...parameters: (number | bigint)[]): number => {
        this.epollCalls.push([name, ...parameters]);
        return this.epoll(name, parameters);
      };
    };
    const { exports } = new WebAssembly.Instance(module, {
      wasi_snapshot_preview1: { poll_oneoff: this.#pollOneoff, fd_fdstat_get: this.#fdFdstatGet },
      wasix_32v1: {
        epoll_create: epoll('epoll_create'),
        epoll_ctl: epoll('epoll_ctl'),
        epoll_wait: epoll('epoll_wait'),
      },
    });
    this.functions = exports as unknown as Functions;
    (exports['_initialize'] as () => void)();
    this.scratch = this.functions.takeForEver(SCRATCH_BYTES);
  }

  get view(): DataView {
    return new DataView(this.functions.memory.buffer);
  }

  get lastPoll(): readonly Subscription[] {
    return this.polls.at(-1) ?? [];
  }

  readonly #pollOneoff = (list: number, events: number, count: number, nevents: number): number => {
    const subscriptions = readSubscriptions(this.view, list, count);
    this.polls.push(subscriptions);
    this.listAddresses.push(list);
    const answer = this.answer(subscriptions) ?? timedOut(subscriptions);
    if (typeof answer === 'number') return answer;
    writeEvents(this.view, { events, nevents }, answer);
    return 0;
  };

  readonly #fdFdstatGet = (fd: number): number => (this.open.has(fd) ? 0 : 8);
}

/** The clock's event alone. */
export function timedOut(subscriptions: readonly Subscription[]): Answer {
  const clock = subscriptions.find(({ tag }) => tag === 0);
  if (clock === undefined) throw new Error('the wait would never end');
  return { events: [{ userdata: clock.userdata, type: 0 }] };
}

/** An event for every subscription of the descriptors in `fds`, in the order of the list. */
export function ready(
  fds: readonly number[],
  how: { readonly error?: number; readonly hasHungUp?: boolean } = {},
): (subscriptions: readonly Subscription[]) => Answer {
  return (subscriptions) => ({
    events: subscriptions
      .filter(({ fd }) => fds.includes(fd))
      .map(({ userdata, tag }) => ({ userdata, type: tag, ...how })),
  });
}

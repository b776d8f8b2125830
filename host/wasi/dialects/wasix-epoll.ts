// epoll_create, epoll_ctl, epoll_wait of WASIX: its layout, and the semantics of Linux. A wait costs
// what is ready, however much is watched.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { wideToDurationNs } from '../../base/units.ts';
import { FileType, type Interest, Mode, Readiness, type SetHandle } from '../../kernel/kernel.ts';
import { ReadyList } from '../../kernel/ready-list.ts';
import { Counter } from '../control-block.ts';
import { type Descriptor, Kind } from '../descriptors.ts';
import { EpollInstance } from '../epoll-instances.ts';
import type { Functions } from '../functions.ts';
import type { Sandbox } from '../sandbox.ts';
import { EpollCtl, EpollEvent, EpollType } from './wasix-layout.ts';

/** How many events one call tells, whatever there is room for; the rest come with the next. */
const READY_COUNT_MAX = 1024;

/** As Linux has it, `maxevents` is an int. */
const COUNT_MAX = 2 ** 31 - 1;

export function epollFunctions(sandbox: Sandbox): Functions {
  const { descriptors, epolls } = sandbox;
  const lists = new ReadyLists();

  /** @returns 0, or a negated errno: those that tell of the instance and the descriptor together. */
  function control(instance: EpollInstance, op: number, target: Descriptor, event: number) {
    if (target.kind === Kind.EPOLL && op === EpollCtl.ADD) return -Errno.LOOP;
    // A listener whose handle is closed stays open to the guest, and is never ready.
    if (target.isRetired) return 0;
    const at = instance.find(target.handle);
    if (op === EpollCtl.ADD && at >= 0) return -Errno.EXIST;
    if (op !== EpollCtl.ADD && at < 0) return -Errno.NOENT;
    if (op === EpollCtl.DEL) {
      epolls.unwatch(instance, at);
      return 0;
    }
    const events = sandbox.memory.getUint32(event + EpollEvent.EVENTS);
    const watched = epolls.watch(instance, target.handle, interestOf(events), modeOf(events));
    if (watched < 0) return watched;
    const { view } = sandbox.memory;
    for (let word = 1; word < EpollEvent.WORDS; word++) {
      instance.records[watched + word] = view.getInt32(event + 4 * word, true);
    }
    return 0;
  }

  /** Until something is ready or the time has passed. @returns how many are ready, `-INTR` */
  function wait(set: SetHandle, timeoutNs: number, ready: ReadyList): SysResult {
    const hasDeadline = timeoutNs > 0 && timeoutNs < Infinity;
    const deadlineNs = hasDeadline ? sandbox.monotonicNs() + timeoutNs : timeoutNs;
    let leftNs = timeoutNs;
    for (;;) {
      const result = sandbox.wait(set, leftNs, ready);
      if (result !== -Errno.INTR || sandbox.isInterruptible) return result;
      // A wake hides what is ready, so look again, also when the time is over.
      if (hasDeadline) leftNs = Math.max(0, deadlineNs - sandbox.monotonicNs());
    }
  }

  function writeEvents(instance: EpollInstance, ready: ReadyList, count: number, at: number): void {
    const { view } = sandbox.memory;
    const { pairs } = ready;
    const { records } = instance;
    let pointer = at;
    for (let pair = 0; pair < 2 * count; pair += 2) {
      const record = instance.find(pairs[pair] as number);
      view.setInt32(pointer, eventsOf(pairs[pair + 1] as number), true);
      for (let word = 1; word < EpollEvent.WORDS; word++) {
        view.setInt32(pointer + 4 * word, records[record + word] as number, true);
      }
      pointer += EpollEvent.BYTES;
    }
  }

  return {
    /**
     * @returns 0; `-FAULT`; `-MFILE` when the guest has as many descriptors as it may, or 128
     *   instances; `-MFILE`, `-NFILE`, `-NOMEM` from the system. Source: epoll_create1(2).
     */
    epoll_create(fdOut: number) {
      if (!sandbox.memory.holds(fdOut, 4)) return -Errno.FAULT;
      const fd = epolls.open();
      if (fd < 0) return fd;
      sandbox.memory.setUint32(fdOut, fd);
      return 0;
    },

    /**
     * What is watched is the socket: it keeps its registration when it is renumbered, and loses it
     * when it is closed. ERR and HUP are always told. PRI and bits that mean nothing are taken, and
     * never told: a guest can't receive urgent bytes. ONESHOT goes before ET: after one event there
     * is no difference. DEL looks at no event.
     *
     * @returns 0; `-FAULT`; `-BADF` for either descriptor; `-PERM` for what is always ready: files,
     *   directories, /dev/null; `-INVAL` when `epfd` is no instance, or is `fd`, or for an unknown
     *   `op`; `-LOOP` for an instance in an instance; `-EXIST`, `-NOENT`; `-NOSPC` when four
     *   instances' worth of all the guest may have open are watched; `-NOMEM`. The first of these
     *   that is true, in this order. A listener that is drained answers 0. Source: epoll_ctl(2).
     */
    epoll_ctl(epfd: number, op: number, fd: number, event: number) {
      if (op !== EpollCtl.DEL && !sandbox.memory.holds(event, EpollEvent.BYTES)) {
        return -Errno.FAULT;
      }
      const instance = descriptors.get(epfd);
      const target = descriptors.get(fd);
      if (instance === undefined || target === undefined) return -Errno.BADF;
      if (target.isAlwaysReady || target.fileType === FileType.DIRECTORY) return -Errno.PERM;
      if (!(instance instanceof EpollInstance) || instance === target) return -Errno.INVAL;
      return op > EpollCtl.DEL ? -Errno.INVAL : control(instance, op, target, event);
    },

    /**
     * What is ready and not told of comes with the next calls, before what was.
     *
     * @param timeout nanoseconds; 0 only looks, all ones wait for ever
     * @returns 0; `-BADF`; `-INVAL` for a `maxevents` of 0 or, as a signed number, below it;
     *   `-FAULT`; `-INVAL` when `epfd` is no instance; `-INTR` when a guest with `turn` was woken.
     *   The first of these that is true, in this order. Source: epoll_wait(2).
     */
    epoll_wait(
      epfd: number,
      eventsOut: number,
      countMax: number,
      timeout: bigint,
      countOut: number,
    ) {
      const memory = sandbox.memory;
      const instance = descriptors.get(epfd);
      if (instance === undefined) return -Errno.BADF;
      if (countMax === 0 || countMax > COUNT_MAX) return -Errno.INVAL;
      if (!memory.holds(eventsOut, countMax * EpollEvent.BYTES)) return -Errno.FAULT;
      if (!memory.holds(countOut, 4)) return -Errno.FAULT;
      if (!(instance instanceof EpollInstance)) return -Errno.INVAL;
      sandbox.count(Counter.POLLS, 1);
      const ready = lists.of(Math.min(countMax, READY_COUNT_MAX));
      const count = wait(instance.set, wideToDurationNs(timeout), ready);
      if (count < 0) return count;
      sandbox.count(Counter.EVENTS, count);
      writeEvents(instance, ready, count, eventsOut);
      memory.setUint32(countOut, count);
      return 0;
    },
  };
}

/** A list for each capacity that a guest has asked for; nearly always it is the last one. */
class ReadyLists {
  readonly #lists = new Map<number, ReadyList>();
  #last = new ReadyList(1);

  of(capacityCount: number): ReadyList {
    if (this.#last.capacityCount === capacityCount) return this.#last;
    this.#last = this.#lists.get(capacityCount) ?? new ReadyList(capacityCount);
    this.#lists.set(capacityCount, this.#last);
    return this.#last;
  }
}

function interestOf(events: number): Interest {
  return (
    (events & (EpollType.IN | EpollType.OUT)) |
    ((events & EpollType.RDHUP) === 0 ? 0 : Readiness.READ_HANGUP)
  );
}

function modeOf(events: number): Mode {
  if ((events & EpollType.ONESHOT) !== 0) return Mode.ONE_SHOT;
  return (events & EpollType.ET) === 0 ? Mode.LEVEL : Mode.EDGE;
}

function eventsOf(readiness: number): number {
  return (
    (readiness & (Readiness.READ | Readiness.WRITE)) |
    ((readiness & (Readiness.ERROR | Readiness.HANGUP)) << 2) |
    ((readiness & Readiness.READ_HANGUP) >> 2)
  );
}

// Waiting: the sets of one kernel, the handful of `waitFew`, and the wake. A wait that finds nothing
// lets the virtual time jump to what comes next.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { type Handle, type Interest, Mode, Readiness, type SetHandle } from '../kernel.ts';
import { FEW_COUNT_MAX, type FewList, type ReadyList } from '../ready-list.ts';
import type { DescriptorLimit, HandleTable } from './handle-table.ts';
import type { Network } from './network.ts';
import { isInt32, noFile } from './numbers.ts';
import { type OpenFile, readinessFor } from './open-file.ts';
import { WatchSet } from './watch-set.ts';

const SETS_COUNT_MAX = 1024;
const INTEREST_ALL = Readiness.READ | Readiness.WRITE | Readiness.READ_HANGUP;

/** A wait without an end, in a world in which nothing will ever happen. A real one would hang. */
export class WaitsForEver extends Error {
  override readonly name = 'WaitsForEver';
}

export class Waits {
  /** Waits are ended until this is taken back. */
  isWoken = false;
  readonly #handles: HandleTable;
  readonly #descriptors: DescriptorLimit;
  readonly #network: Network;
  readonly #onBlock: ((deadlineNs: number) => boolean) | undefined;
  readonly #sets: (WatchSet | undefined)[] = [];
  /** Whose queue a receive has emptied, or found empty, since a set last asked for that. */
  readonly #dry = new Set<Handle>();
  #isDestroyed = false;

  /** @param onBlock see `SimKernelOptions`. */
  constructor(
    handles: HandleTable,
    descriptors: DescriptorLimit,
    network: Network,
    onBlock: ((deadlineNs: number) => boolean) | undefined,
  ) {
    this.#handles = handles;
    this.#descriptors = descriptors;
    this.#network = network;
    this.#onBlock = onBlock;
  }

  openSet(): SysResult {
    if (this.#isDestroyed) return -Errno.BADF;
    let set = 0;
    while (set < this.#sets.length && this.#sets[set] !== undefined) set++;
    if (set === SETS_COUNT_MAX || this.#descriptors.isReached) return -Errno.MFILE;
    this.#sets[set] = new WatchSet(this.#network.rules, this.#dry);
    this.#descriptors.usedCount++;
    return set;
  }

  closeSet(set: SetHandle): SysResult {
    const closed = this.#sets[set];
    if (closed === undefined) return noFile(set);
    closed.close();
    this.#sets[set] = undefined;
    this.#descriptors.usedCount--;
    return 0;
  }

  watch(set: SetHandle, handle: Handle, interest: Interest, mode: Mode): SysResult {
    if (!isInt32(set) || !isInt32(handle)) return -Errno.INVAL;
    if (!isInt32(interest) || !isInt32(mode)) return -Errno.INVAL;
    const watching = this.#sets[set];
    const file = this.#find(handle);
    if (watching === undefined || file === undefined) return -Errno.BADF;
    if ((interest & ~INTEREST_ALL) !== 0) return -Errno.INVAL;
    if (mode < Mode.LEVEL || mode > Mode.ONE_SHOT) return -Errno.NOTSUP;
    if (file.isAlwaysReady && this.#network.rules.plainFilesAreReady) return -Errno.PERM;
    watching.watch(handle, file, interest, mode);
    return 0;
  }

  unwatch(set: SetHandle, handle: Handle): SysResult {
    if (!isInt32(set) || !isInt32(handle)) return -Errno.INVAL;
    const watching = this.#sets[set];
    if (watching === undefined || this.#find(handle) === undefined) return -Errno.BADF;
    watching.unwatch(handle);
    return 0;
  }

  /** Keeps what an answer of recv says about the queue. 0 is the peer's end, which stays. */
  noteRead(handle: Handle, result: SysResult, lengthBytes: number, isPeek: boolean): void {
    const isEmptied = result > 0 && result < lengthBytes && !isPeek;
    if (isEmptied || result === -Errno.AGAIN) this.#dry.add(handle);
  }

  unwatchEverywhere(handle: Handle): void {
    for (const set of this.#sets) set?.unwatch(handle);
    this.#dry.delete(handle);
  }

  wait(set: SetHandle, timeoutNs: number, ready: ReadyList): SysResult {
    if (!(timeoutNs >= 0) || !isInt32(set)) return -Errno.INVAL;
    const waiting = this.#sets[set];
    if (waiting === undefined) return -Errno.BADF;
    if (ready.capacityCount === 0) return -Errno.INVAL;
    const { timeline } = this.#network;
    const deadlineNs = timeline.nowNs + Math.ceil(timeoutNs);
    do {
      if (this.isWoken) return -Errno.CANCELED;
      timeline.catchUp();
      const count = waiting.report(ready);
      if (count > 0) return count;
    } while (this.#sleep(deadlineNs));
    return 0;
  }

  waitFew(few: FewList, timeoutNs: number): SysResult {
    if (!(timeoutNs >= 0)) return -Errno.INVAL;
    if (this.#isDestroyed) return -Errno.BADF;
    const checked = this.#checkFew(few);
    if (checked < 0) return checked;
    const { timeline } = this.#network;
    const deadlineNs = timeline.nowNs + Math.ceil(timeoutNs);
    do {
      if (this.isWoken) return -Errno.CANCELED;
      timeline.catchUp();
      const count = this.#lookAt(few);
      if (count > 0) return count;
    } while (this.#sleep(deadlineNs));
    return 0;
  }

  destroy(): void {
    for (const set of this.openSets().keys()) this.closeSet(set);
    this.#isDestroyed = true;
  }

  /** The open sets, by number. */
  openSets(): Map<SetHandle, WatchSet> {
    const open = new Map<SetHandle, WatchSet>();
    this.#sets.forEach((set, at) => {
      if (set !== undefined) open.set(at, set);
    });
    return open;
  }

  /** Lets time pass until something may have changed. @returns false when the time is over */
  #sleep(deadlineNs: number): boolean {
    const { timeline } = this.#network;
    if (timeline.nowNs >= deadlineNs) return false;
    const arrivalNs = timeline.nextDeliveryNs;
    if (arrivalNs < Infinity && arrivalNs <= timeline.horizonNs) {
      timeline.advanceTo(Math.min(arrivalNs, deadlineNs));
      return true;
    }
    if (this.#onBlock?.(deadlineNs) ?? false) return true;
    const nextNs = Math.min(timeline.nextNs, deadlineNs);
    if (nextNs === Infinity) {
      throw new WaitsForEver('a wait without an end, and nothing will ever happen');
    }
    timeline.advanceTo(nextNs);
    return true;
  }

  #checkFew(few: FewList): SysResult {
    const { words, count } = few;
    if (count < 0 || count > FEW_COUNT_MAX) return -Errno.INVAL;
    for (let at = 1; at < 1 + 3 * count; at += 3) {
      words[at + 2] = 0;
      if (this.#find(words[at] as number) === undefined) return -Errno.BADF;
      const interest = words[at + 1] as number;
      if (interest === 0 || (interest & ~INTEREST_ALL) !== 0) return -Errno.INVAL;
    }
    return 0;
  }

  #lookAt({ words, count }: FewList): number {
    let readyCount = 0;
    for (let at = 1; at < 1 + 3 * count; at += 3) {
      const file = this.#handles.find(words[at] as number) as OpenFile;
      const readiness = readinessFor(this.#network.rules, file.poll(), words[at + 1] as number);
      words[at + 2] = readiness;
      if (readiness !== 0) readyCount++;
    }
    return readyCount;
  }

  /** What is due has happened before a call looks at anything. */
  #find(handle: Handle): OpenFile | undefined {
    this.#network.timeline.catchUp();
    return this.#handles.find(handle);
  }
}

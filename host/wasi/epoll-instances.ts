// The epoll instances of a guest: each is a descriptor of its own, a set of the kernel's, and a record
// of the event that the guest wants for each socket that is watched. Who waits on them, and in which
// bits, is not known here.

import type { SysResult } from '../base/sys-result.ts';
import { Errno } from '../base/errno.ts';
import {
  FileType,
  type Handle,
  handleIndex,
  type Interest,
  type Mode,
  type SetHandle,
} from '../kernel/kernel.ts';
import { Descriptor, Kind } from './descriptors.ts';
import { EpollEvent } from './dialects/wasix-layout.ts';
import { grown, roomFor } from './room.ts';
import type { Sandbox } from './sandbox.ts';

/** How many a guest may have: what max_user_instances was in Linux, epoll(7). */
const INSTANCE_COUNT_MAX = 128;

/** How many instances may watch all that a guest has open, before there is no room. */
const FULL_INSTANCE_COUNT_MAX = 4;

/** An instance is no socket: no call of the kernel's that takes a handle takes this one. */
const NO_HANDLE: Handle = -1;

/** A record: the handle, then the event's words but for the first, as the guest gave them. */
const RECORD_WORDS = EpollEvent.WORDS;
const NONE = -1;

/**
 * What is watched is the socket, and not its number: a renumbered descriptor stays watched, and is
 * changed and taken out by its new number; one that is closed is gone from every instance at once.
 */
export class EpollInstance extends Descriptor {
  readonly set: SetHandle;
  /** By the index of the handle, {@link RECORD_WORDS} each; a handle of 0 is no record. */
  records: Int32Array = new Int32Array(0);

  constructor(set: SetHandle) {
    super({ handle: NO_HANDLE, kind: Kind.EPOLL, fileType: FileType.UNKNOWN, flags: 0 });
    this.set = set;
  }

  /** Where in {@link records} the record of `handle` begins; -1 when it is not watched here. */
  find(handle: Handle): number {
    const at = handleIndex(handle) * RECORD_WORDS;
    return this.records[at] === handle ? at : NONE;
  }

  /** Makes room for a record at `at`. */
  reserve(at: number): void {
    if (at >= this.records.length) {
      this.records = grown(this.records, roomFor(at / RECORD_WORDS + 1) * RECORD_WORDS);
    }
  }
}

export class EpollInstances {
  readonly #sandbox: Sandbox;
  readonly #instances: EpollInstance[] = [];
  #recordCount = 0;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /**
   * Opens an instance and gives it a number.
   *
   * @returns the fd; `-MFILE` when the guest has as many descriptors, or instances, as it may;
   *   `-MFILE`, `-NFILE`, `-NOMEM` from the system.
   */
  open(): SysResult {
    const { descriptors, fdCountMax, kernel } = this.#sandbox;
    if (descriptors.openCount >= fdCountMax) return -Errno.MFILE;
    if (this.#instances.length >= INSTANCE_COUNT_MAX) return -Errno.MFILE;
    const set = kernel.openSet();
    if (set < 0) return set;
    const instance = new EpollInstance(set);
    this.#instances.push(instance);
    return descriptors.add(instance);
  }

  /** What it watched stays open. */
  close(instance: EpollInstance): void {
    this.#sandbox.kernel.closeSet(instance.set);
    for (let at = 0; at < instance.records.length; at += RECORD_WORDS) {
      if (instance.records[at] !== 0) this.#recordCount--;
    }
    this.#instances.splice(this.#instances.indexOf(instance), 1);
  }

  /**
   * Watches `handle` in `instance`, or changes how.
   *
   * @returns where its record begins, for the caller to fill in; `-NOSPC` when there are too many;
   *   `-PERM` when it can't be waited for; `-NOTSUP`, `-NOMEM`, `-NOSPC` from the kernel.
   */
  watch(instance: EpollInstance, handle: Handle, interest: Interest, mode: Mode): SysResult {
    const at = handleIndex(handle) * RECORD_WORDS;
    const isNew = instance.find(handle) === NONE;
    if (isNew && this.#recordCount >= FULL_INSTANCE_COUNT_MAX * this.#sandbox.fdCountMax) {
      return -Errno.NOSPC;
    }
    const result = this.#sandbox.kernel.watch(instance.set, handle, interest, mode);
    if (result < 0) return result;
    instance.reserve(at);
    // A retired listener's record may stand here still: it is never needed again.
    if (instance.records[at] === 0) this.#recordCount++;
    instance.records[at] = handle;
    return at;
  }

  /** Stops watching what `instance` has at `at`. */
  unwatch(instance: EpollInstance, at: number): void {
    this.#sandbox.kernel.unwatch(instance.set, instance.records[at] as Handle);
    this.#drop(instance, at);
  }

  /** `handle` is closed, and the kernel watches it no more. */
  forget(handle: Handle): void {
    for (const instance of this.#instances) {
      const at = instance.find(handle);
      if (at !== NONE) this.#drop(instance, at);
    }
  }

  #drop(instance: EpollInstance, at: number): void {
    instance.records[at] = 0;
    this.#recordCount--;
  }
}

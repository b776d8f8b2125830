// What the kernel watches for a guest, kept in step with what its list asks, at the cost of the
// differences. Interest that is gone is dropped lazily: back-pressure takes it up again soon, and
// an event that no one wants shows where it is worth a call.

import { Errno } from '../base/errno.ts';
import { assert } from '../base/assert.ts';
import type { SysResult } from '../base/sys-result.ts';
import {
  handleIndex,
  type Handle,
  type Interest,
  Mode,
  Readiness,
  type SetHandle,
} from '../kernel/kernel.ts';
import type { PollList } from './poll-list.ts';
import { grown, roomFor } from './room.ts';
import type { Sandbox } from './sandbox.ts';
import { NONE } from './subscription-chains.ts';

export class PollRegistration {
  readonly #sandbox: Sandbox;
  #set: SetHandle | undefined;
  // By handle index: whom the kernel watches there, and for what. A closed handle's successor has
  // another generation, and is not watched.
  #watchedHandle: Int32Array = new Int32Array(0);
  #watchedInterest: Uint8Array = new Uint8Array(0);
  /** The handles watched for WRITE, which is dropped at once: sockets are nearly always writable. */
  readonly #writers = new Set<Handle>();

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  /** The set to wait on. Only after {@link sync}. */
  get set(): SetHandle {
    assert(this.#set !== undefined, 'sync opens the set');
    return this.#set;
  }

  /**
   * Watches what `list` asks for.
   *
   * @returns 0; `-PERM` when a handle turned out to be always ready: its descriptor is marked, and
   *   the list must be loaded again; `-MFILE`, `-NOMEM`, `-NOSPC` from the system.
   */
  sync(list: PollList): SysResult {
    const opened = this.#open();
    if (opened < 0) return opened;
    this.#dropWriters(list);
    for (let index = 0; index < list.count; index++) {
      const handle = list.handleOf(index);
      // Each handle once.
      if (list.firstOf(handle) !== index) continue;
      const result = this.#syncHandle(handle, list);
      if (result < 0) return result;
    }
    return 0;
  }

  /** The same where `list` was in step before its last update. @returns as {@link sync} */
  syncChanges(list: PollList): SysResult {
    this.#dropWriters(list);
    for (let at = 0; at < list.changesCount; at++) {
      const index = list.changes[at] as number;
      const handle = index < list.count ? list.handleOf(index) : NONE;
      const result = handle === NONE ? 0 : this.#syncHandle(handle, list);
      if (result < 0) return result;
    }
    return 0;
  }

  #open(): SysResult {
    if (this.#set !== undefined) return 0;
    const set = this.#sandbox.kernel.openSet();
    if (set < 0) return set;
    this.#set = set;
    return 0;
  }

  #dropWriters(list: PollList): void {
    for (const handle of this.#writers) {
      if ((list.interestOf(handle) & Readiness.WRITE) === 0) this.#dropWrite(handle, list);
    }
  }

  #syncHandle(handle: Handle, list: PollList): SysResult {
    const wanted = list.interestOf(handle);
    const watched = this.#interestOf(handle);
    if ((wanted & ~watched) === 0) return 0;
    const result = this.#watch(handle, wanted | watched);
    if (result === -Errno.PERM) this.#markAlwaysReady(handle, list);
    return result;
  }

  /** An event of `handle` interested no one: watches just what `list` asks for. */
  trim(handle: Handle, list: PollList): void {
    const wanted = list.interestOf(handle);
    if (wanted === 0) this.#unwatch(handle);
    else if (wanted !== this.#interestOf(handle)) this.#watch(handle, wanted);
  }

  #dropWrite(handle: Handle, list: PollList): void {
    const wanted = list.interestOf(handle);
    // Never watch for nothing: a peer's reset would still be reported, by every wait.
    if (wanted === 0 || this.#interestOf(handle) === 0) this.#unwatch(handle);
    else this.#watch(handle, wanted);
  }

  #interestOf(handle: Handle): Interest {
    const at = handleIndex(handle);
    return this.#watchedHandle[at] === handle ? (this.#watchedInterest[at] as number) : 0;
  }

  #watch(handle: Handle, interest: Interest): SysResult {
    const result = this.#sandbox.kernel.watch(this.set, handle, interest, Mode.LEVEL);
    if (result === 0) this.#note(handle, interest);
    return result;
  }

  #unwatch(handle: Handle): void {
    // The record at a closed handle's index may be its successor's by now, and stays.
    if (this.#interestOf(handle) !== 0) {
      this.#sandbox.kernel.unwatch(this.set, handle);
      this.#note(handle, 0);
    }
    this.#writers.delete(handle);
  }

  #note(handle: Handle, interest: Interest): void {
    const at = handleIndex(handle);
    if (at >= this.#watchedHandle.length) {
      const room = roomFor(at + 1);
      this.#watchedHandle = grown(this.#watchedHandle, room);
      this.#watchedInterest = grown(this.#watchedInterest, room);
    }
    this.#watchedHandle[at] = handle;
    this.#watchedInterest[at] = interest;
    if ((interest & Readiness.WRITE) !== 0) this.#writers.add(handle);
    else this.#writers.delete(handle);
  }

  #markAlwaysReady(handle: Handle, list: PollList): void {
    const descriptor = this.#sandbox.descriptors.get(list.fdOf(list.firstOf(handle)));
    if (descriptor !== undefined) descriptor.isAlwaysReady = true;
    list.invalidate();
  }
}

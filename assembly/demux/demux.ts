// The contract of a demultiplexer: how the core waits for many descriptors. One file implements it
// per mechanism, as exported functions of these names, and default.ts picks one when compiling.
// Slots belong to the reactor; a demux writes their `interest`, `readAt` and `writeAt` only.

import { Slot } from "../reactor/slot";

export interface Demux {
  /** Prepares to wait. Called once, first. Answers an errno; NOMEM when memory was refused. */
  open(): u16;

  /** Whether one more slot can be watched for one thing. False when memory was refused. */
  reserve(): bool;

  /**
   * Watches `slot` for `interest`, bits of READ and WRITE, and for nothing else from now on. What
   * stays ready is marked by every wait, however the mechanism below triggers.
   *
   * @returns false when memory was refused. What was to be dropped is dropped then, what was to be
   *   added is missing. Going from one interest to the other never fails.
   */
  watch(slot: Slot, interest: u8): bool;

  /** Watches `slot` for nothing. Call it before its descriptor is closed. */
  forget(slot: Slot): void;

  /**
   * Waits until a watched slot is ready or the time is up, and marks what is ready.
   *
   * @param timeoutNs 0 does not wait, -1 waits for ever.
   * @returns the number of events; 0 when the time ran out; INTR negated when it was interrupted;
   *   PROTO negated when the host's answer makes no sense; another negated errno as the host says.
   *   An error of one descriptor is marked on its slot and is no error of the wait.
   */
  wait(timeoutNs: i64): i32;

  /**
   * A call on `slot` for `interest`, READ or WRITE, has answered AGAIN. An edge-triggered mechanism
   * reports once, so its demux keeps what is ready until this; to the others it says nothing.
   */
  noteAgain(slot: Slot, interest: u8): void;

  /** Whether the next wait finds something ready that only the demux knows of: do not sleep. */
  isReadinessKept(): bool;
}

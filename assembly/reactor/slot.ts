// A slot: what the reactor knows of one open descriptor. Its owner keeps its own state behind it,
// in the same piece of memory, by extending this class.

import { Callback } from "../lib/callback";

/** A room that holds any slot with what its owner keeps behind it. */
export const SLOT_BYTES: u32 = 80;

/** 40 bytes. */
@unmanaged
export class Slot {
  /** Any number that the host gave out: never use it as an index. */
  fd: u32;
  /** Odd while the slot is open; the next owner has another one. */
  generation: u32;
  /** Where the slot is in the table. */
  index: u32;
  /** Watched for; written by the demux only. */
  interest: u8;
  /** Found ready for, until the handler is called. */
  readiness: u8;
  error: u16;
  /** The demux's own words: where its read and its write subscription are. */
  readAt: u32;
  writeAt: u32;
  /**
   * `(slot: Slot, readiness: u8, error: u16) => void`, called when the descriptor is ready, at most
   * once a turn. `readiness` has bits of READ and WRITE, and the call that follows may still answer
   * AGAIN; `error` is an errno that the demux reported for the descriptor instead, or 0.
   */
  handler: Callback;
  isOnReadyList: bool;
  nextReady: usize;
  nextFree: usize;

  /** Names the slot and its present owner to the host: `generation << 32 | index`. */
  get userdata(): u64 {
    return ((<u64>this.generation) << 32) | this.index;
  }

  get isOpen(): bool {
    return (this.generation & 1) != 0;
  }
}

// One direction of a conversation: bytes go from one descriptor to another through a buffer, which
// is filled only when it is empty. So a receiver that is slow stops the reading, and through it the
// sender; no byte is kept beside the buffer. For select, on descriptors that do not block.

import { AGAIN, INTR } from "../abi/wasip1-layout";
import { takeForEver } from "../lib/block-pool";
import { read, write } from "../posix/io";
import { FD_ISSET, FD_SET } from "../posix/select";

const BUFFER_BYTES: u32 = 65536;

/** 24 bytes; all of them zero at first. */
@unmanaged
export class Relay {
  from: u32;
  to: u32;
  private buffer: usize;
  /** What is held: from here to `end`. */
  private start: u32;
  private end: u32;
  /** Nothing more comes: the end of `from`, or {@link stop}. */
  hasEnded: bool;

  /** Says between which descriptors. False when there is no memory for the buffer. */
  open(from: u32, to: u32): bool {
    this.from = from;
    this.to = to;
    this.buffer = takeForEver(BUFFER_BYTES);
    return this.buffer != 0;
  }

  /** Whether everything that came has gone. */
  get isEmpty(): bool {
    return this.start == this.end;
  }

  /** Puts what has to be waited for into the sets: never both. */
  addTo(readset: usize, writeset: usize): void {
    if (!this.isEmpty) FD_SET(this.to, writeset);
    else if (!this.hasEnded) FD_SET(this.from, readset);
  }

  /**
   * Fills the buffer when `readset` says that it can be.
   *
   * @returns 0, also when nothing came after all; a negated errno.
   */
  fill(readset: usize): i32 {
    if (!this.isEmpty || this.hasEnded || !FD_ISSET(this.from, readset)) return 0;
    const result = read(this.from, this.buffer, BUFFER_BYTES);
    if (result < 0) return isPassing(result) ? 0 : result;
    this.hasEnded = result == 0;
    this.start = 0;
    this.end = result;
    return 0;
  }

  /**
   * Writes what is held when `writeset` says that it can be, or part of it.
   *
   * @returns 0, also when nothing went after all; a negated errno.
   */
  drain(writeset: usize): i32 {
    if (this.isEmpty || !FD_ISSET(this.to, writeset)) return 0;
    const result = write(this.to, this.buffer + this.start, this.end - this.start);
    if (result < 0) return isPassing(result) ? 0 : result;
    this.start += result;
    return 0;
  }

  /** Reads no more, and drops what is held: it can't be sent. */
  stop(): void {
    this.hasEnded = true;
    this.start = this.end;
  }
}

/** What a static {@link Relay} takes. */
export const RELAY_BYTES: i32 = 24;
if (offsetof<Relay>() > <usize>RELAY_BYTES) ERROR("a relay is 24 bytes at most");

/** The call is made again when select says so. */
function isPassing(result: i32): bool {
  return result == -(<i32>AGAIN) || result == -(<i32>INTR);
}

// What a server takes from its command line: --idle-ms N, --ring-bytes N and --accept-delay MS.

import { argumentAt, isText, readArguments } from "../lib/arguments";
import { isPowerOfTwo } from "../lib/block-pool";
import { exitMalformed, exitUnknown, numberFrom } from "../lib/options";

const IDLE_MS_MAX: u32 = i32.MAX_VALUE;
const ACCEPT_DELAY_MS_MAX: u32 = i32.MAX_VALUE;
const RING_BYTES_MIN: u32 = 16;
const RING_BYTES_MAX: u32 = 1 << 20;

/** A connection without traffic for this long is closed; 0: never. */
export let idleMs: u32 = 0;

/** A connection stays in the listener's queue for this long after it is found there; 0: not at all. */
export let acceptDelayMs: u32 = 0;

/**
 * The most of a connection's bytes that are held. One block is lent again and again and stays in
 * the cache, so a larger one costs nothing until a peer is slow; 65,536 took 12 % less time for
 * messages of 64 KiB than 32,768, and the same for smaller ones (measured on the native kernel).
 */
export let ringBytes: u32 = 65536;

/** Reads the command line. One that is wrong ends the guest: a line on stderr, code 2. */
export function readServerOptions(): void {
  const count = readArguments();
  for (let i: u32 = 1; i < count; i += 2) {
    const name = argumentAt(i);
    const value = i + 1 < count ? argumentAt(i + 1) : 0;
    if (isText(name, "--idle-ms")) {
      idleMs = numberFrom(name, value, 1, IDLE_MS_MAX);
    } else if (isText(name, "--ring-bytes")) {
      ringBytes = numberFrom(name, value, RING_BYTES_MIN, RING_BYTES_MAX);
      if (!isPowerOfTwo(ringBytes)) exitMalformed(name, value);
    } else if (isText(name, "--accept-delay")) {
      acceptDelayMs = numberFrom(name, value, 0, ACCEPT_DELAY_MS_MAX);
    } else {
      exitUnknown(name);
    }
  }
}

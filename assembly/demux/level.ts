// What the demuxes on a level-triggered mechanism have in common: it knows, and tells each time.

import { Slot } from "../reactor/slot";

/** Implements `Demux.noteAgain`. */
// @ts-ignore: decorator
@inline
export function noteAgain(_slot: Slot, _interest: u8): void {}

/** Implements `Demux.isReadinessKept`. */
// @ts-ignore: decorator
@inline
export function isReadinessKept(): bool {
  return false;
}

// Tells whoever looks into the guest's memory where the core keeps its slots and rings: a guest
// exports its memory and its entry only. The directory is found by its marker in the static data,
// it is written once, and nothing of the core reads it.
//
//   0          16        20                                    48
//   +----------+---------+-----------------+-------------------+
//   |  marker  | version | slabs and slots | connections' ring |
//   +----------+---------+-----------------+-------------------+

import { Callback } from "../lib/callback";
import {
  CONNECTION_HANDLER_AT,
  MARKER_0,
  MARKER_1,
  MARKER_2,
  MARKER_3,
  RING_BYTES_AT,
  RING_OFFSET_AT,
  VERSION,
} from "./core-layout";
import { SLAB_COUNT_MAX, SLAB_SLOT_COUNT, slabs } from "./fd-table";
import { Slot, SLOT_BYTES } from "./slot";

if (offsetof<Slot>("fd") != 0) ERROR("slot.fd moved: raise the directory's version");
if (offsetof<Slot>("generation") != 4) ERROR("slot.generation moved: raise the version");
if (offsetof<Slot>("interest") != 12) ERROR("slot.interest moved: raise the version");
if (offsetof<Slot>("readiness") != 13) ERROR("slot.readiness moved: raise the version");
if (offsetof<Slot>("handler") != 24) ERROR("slot.handler moved: raise the version");

// prettier-ignore
const directory: usize = memory.data<u32>([
  MARKER_0, MARKER_1, MARKER_2, MARKER_3, VERSION,
  slabs, SLAB_COUNT_MAX, SLAB_SLOT_COUNT, SLOT_BYTES,
  0, 0, 0,
]);

/**
 * Notes how connections are known and where their rings are. Called once, before the first.
 *
 * @param handler of every connection's slot, and of no other.
 */
export function noteConnections(handler: Callback, ringOffset: usize, ringBytes: u32): void {
  store<usize>(directory, handler, CONNECTION_HANDLER_AT);
  store<u32>(directory, <u32>ringOffset, RING_OFFSET_AT);
  store<u32>(directory, ringBytes, RING_BYTES_AT);
}

// The small messages of a turn, on this side of the boundary: those that a wait has received ahead are
// taken from here, and small answers are left here until the next call into the addon. What holds for
// them is written in native-host/core/batch.h, whose structures these are.

import type { Handle } from '../kernel.ts';

/** No message was received ahead; no answer was kept. */
export const NOT_BATCHED = -1;

export const MESSAGE_BYTES_MAX = 512;
export const SENDING_BYTES = 32 * 1024;
export const SENDS_COUNT_MAX = 256;
export const SLOTS_COUNT = 1024;
export const BURST_COUNT = 128;
export const ROOM_BYTES = MESSAGE_BYTES_MAX + 64;

const SENDS_AT = 4 + SLOTS_COUNT * 4;
const RECEIVED_AT = SENDS_AT + SENDS_COUNT_MAX * 4;
const SENDING_AT = RECEIVED_AT + (BURST_COUNT * ROOM_BYTES) / 4;

/** Where the fields of struct pollux_batch are, in words of 32 bits. */
export const Field = {
  UNREAD_COUNT: 0,
  SENDS_COUNT: 1,
  SENDING_BYTES: 2,
  SLOTS: 4,
  SENDS: SENDS_AT,
  RECEIVED: RECEIVED_AT,
  SENDING: SENDING_AT,
  END: SENDING_AT + SENDING_BYTES / 4,
} as const;

/** As struct pollux_batch_slot; four words each. */
export const Slot = { UNREAD: 0, AT: 1, LENGTH: 2, ANSWERS: 3 } as const;
/** As struct pollux_batch_send; four words each. */
export const Send = { HANDLE: 0, AT: 1, LENGTH: 2 } as const;

const SLOT_MASK = SLOTS_COUNT - 1;

export class Batch {
  /** To be lent to the addon. */
  readonly words = new Int32Array(new ArrayBuffer(Field.END * 4));
  /**
   * Takes the message that was received ahead from `handle`, if there is one, all of it fits, and the
   * pointer is a multiple of 8.
   *
   * @returns its length in bytes, or {@link NOT_BATCHED}: ask the addon.
   */
  readonly take: (handle: Handle, pointer: number, lengthBytes: number) => number;
  /**
   * Keeps an answer, to be sent at the beginning of the next call into the addon, if `handle` has room
   * for it and the pointer is a multiple of 8.
   *
   * @returns its length in bytes, or {@link NOT_BATCHED}: ask the addon.
   */
  readonly keep: (handle: Handle, pointer: number, lengthBytes: number) => number;

  // The guest's memory. Not there until there is one: see NativeKernel.
  private memoryBytes?: Uint8Array;
  private memoryQuads?: BigInt64Array;

  constructor() {
    const { words } = this;
    const bytes = new Uint8Array(words.buffer);
    // Copied from one such array to another, eight bytes make no BigInt.
    const quads = new BigInt64Array(words.buffer);

    this.take = (handle, pointer, lengthBytes) => {
      const slot = Field.SLOTS + ((handle & SLOT_MASK) << 2);
      // No handle is 0, which is also what stands in a slot without one.
      if (words[slot + Slot.UNREAD] !== handle || handle === 0) return NOT_BATCHED;
      const messageBytes = words[slot + Slot.LENGTH] as number;
      // One that fills its room may have more behind it.
      if (messageBytes > lengthBytes || messageBytes === MESSAGE_BYTES_MAX) return NOT_BATCHED;
      const memoryBytes = this.memoryBytes as Uint8Array;
      const memoryQuads = this.memoryQuads as BigInt64Array;
      const isOutside = pointer < 0 || pointer + lengthBytes > memoryBytes.length;
      if (isOutside || (pointer & 7) !== 0) return NOT_BATCHED;
      const from = Field.RECEIVED * 4 + (words[slot + Slot.AT] as number);
      // What a receive of fewer bytes has left of a message need not begin at a multiple of 8.
      if ((from & 7) !== 0) return NOT_BATCHED;
      words[slot + Slot.UNREAD] = 0;
      words[Field.UNREAD_COUNT] = (words[Field.UNREAD_COUNT] as number) - 1;
      const to = pointer >>> 3;
      const first = from >>> 3;
      const wholeCount = messageBytes >>> 3;
      for (let at = 0; at < wholeCount; at++) memoryQuads[to + at] = quads[first + at] as bigint;
      for (let at = messageBytes & ~7; at < messageBytes; at++) {
        memoryBytes[pointer + at] = bytes[from + at] as number;
      }
      return messageBytes;
    };

    this.keep = (handle, pointer, lengthBytes) => {
      const slot = Field.SLOTS + ((handle & SLOT_MASK) << 2);
      if (words[slot + Slot.ANSWERS] !== handle || handle === 0) return NOT_BATCHED;
      if (lengthBytes <= 0 || lengthBytes > MESSAGE_BYTES_MAX) return NOT_BATCHED;
      const memoryQuads = this.memoryQuads as BigInt64Array;
      // Whole words of eight are copied, up to seven bytes more than there are to send.
      const quadsCount = (lengthBytes + 7) >>> 3;
      const isOutside = pointer < 0 || (pointer >>> 3) + quadsCount > memoryQuads.length;
      if (isOutside || (pointer & 7) !== 0) return NOT_BATCHED;
      const index = words[Field.SENDS_COUNT] as number;
      const at = words[Field.SENDING_BYTES] as number;
      const end = at + (quadsCount << 3);
      if (index === SENDS_COUNT_MAX || end > SENDING_BYTES) return NOT_BATCHED;
      words[slot + Slot.ANSWERS] = 0;
      const to = (Field.SENDING * 4 + at) >>> 3;
      const first = pointer >>> 3;
      for (let quad = 0; quad < quadsCount; quad++)
        quads[to + quad] = memoryQuads[first + quad] as bigint;
      const send = Field.SENDS + (index << 2);
      words[send + Send.HANDLE] = handle;
      words[send + Send.AT] = at;
      words[send + Send.LENGTH] = lengthBytes;
      words[Field.SENDING_BYTES] = end;
      words[Field.SENDS_COUNT] = index + 1;
      return lengthBytes;
    };
  }

  /** The memory that pointers lie in, when it is another. */
  attach(memory: Uint8Array): void {
    this.memoryBytes = memory;
    this.memoryQuads = new BigInt64Array(memory.buffer, 0, memory.length >>> 3);
  }
}

// What the recorders have in common that are made for one function each: poll-recorder.ts and
// message-recorders.ts. Their records are those that call-recorder.ts makes, at a third of the cost,
// since V8 compiles each of them for the one import that it calls.

import type { GuestMemory } from '../wasi/memory.ts';
import { type CallRecorder, writeChanges } from './call-recorder.ts';
import { SHORT_BYTES_MAX } from './format.ts';
import type { RecordWriter } from './record-writer.ts';

/** Opcode, changes, six arguments, two values, a length with its filler, and short bytes. */
export const RECORD_BYTES_MAX = 2 + 6 * 5 + 6 + 16 + SHORT_BYTES_MAX;

/** True for what is no word's place, and for what lies beyond 2 GiB, which is negative. */
export function isUnfit(pointer: number): boolean {
  return (pointer & 0x8000_0003) !== 0;
}

/** True when a buffer lies in the memory, and not beyond 2 GiB. */
export function holds(memory: GuestMemory, pointer: number, lengthBytes: number): boolean {
  return pointer >= 0 && lengthBytes >= 0 && memory.holds(pointer, lengthBytes);
}

/** As {@link holds}, of one that begins at eight bytes. */
export function holdsAligned(memory: GuestMemory, pointer: number, lengthBytes: number): boolean {
  return (pointer & 7) === 0 && holds(memory, pointer, lengthBytes);
}

/** The arguments of a call that is no usual one, as {@link CallRecorder.words} has them; 0 for none. */
export function setWords(
  { words }: CallRecorder,
  first: number,
  second: number,
  third: number,
  fourth: number,
  fifth: number,
  sixth: number,
): void {
  words[0] = first;
  words[1] = second;
  words[2] = third;
  words[3] = fourth;
  words[4] = fifth;
  words[5] = sixth;
}

/**
 * Opcode, changes and changed words of a call that differs from the last one in its first word alone, as
 * a server's calls mostly do.
 *
 * @returns where the outputs go.
 */
export function writeUsual(writer: RecordWriter, call: CallRecorder, first: number): number {
  const { last, number } = call;
  const { at } = writer;
  const difference = (first - (last[0] as number)) | 0;
  const folded = (difference << 1) ^ (difference >> 31);
  if ((folded & ~127) !== 0) {
    call.words[0] = first;
    return writeChanges(writer, call, 1);
  }
  last[0] = first;
  const isSame = difference === 0;
  // All of it at once, and what is written too much is written over.
  writer.view.setInt32(at, number | (isSame ? 0 : 0x200) | (folded << 16), true);
  return isSame ? at + 2 : at + 3;
}

/**
 * What a call wrote in one place.
 *
 * @param pointer a multiple of 8.
 */
export function writeBytes(
  writer: RecordWriter,
  memory: GuestMemory,
  pointer: number,
  lengthBytes: number,
): void {
  if (lengthBytes <= SHORT_BYTES_MAX) {
    writer.alignedBytes(memory, pointer, lengthBytes);
  } else {
    writer.varint(lengthBytes);
    writer.align(pointer);
    writer.raw(memory, pointer, lengthBytes);
  }
}

// Records the calls that move most bytes: sock_recv and sock_send of one aligned buffer. The records are
// those that call-recorder.ts makes, at a third of the cost, since V8 compiles each of these functions
// for the one import that it calls. A call that is not such a one takes the general way.

import { Iovec } from '../wasi/layout.ts';
import type { GuestMemory } from '../wasi/memory.ts';
import type { CallRecorder } from './call-recorder.ts';
import { SHORT_BYTES_MAX } from './format.ts';
import type { ImportRecorder } from './import-recorder.ts';
import type { RecordWriter } from './record-writer.ts';

/** Opcode, changes, six arguments, two values, a length with its filler, and short bytes. */
const RECORD_BYTES_MAX = 2 + 6 * 5 + 6 + 16 + SHORT_BYTES_MAX;

type Receive = (
  fd: number,
  list: number,
  count: number,
  flags: number,
  lengthAt: number,
  flagsAt: number,
) => unknown;

type Send = (fd: number, list: number, count: number, flags: number, lengthAt: number) => unknown;

/** @param general records every call of the function. */
export function recordReceive(
  call: CallRecorder,
  recorder: ImportRecorder,
  body: Receive,
  general: Receive,
): Receive {
  const { last, number } = call;
  const { writer } = recorder;
  return (fd, list, count, flags, lengthAt, flagsAt) => {
    const memory = recorder.watched?.memory;
    if (memory === undefined || count !== 1 || isUnfit(list) || writer.hasEnded) {
      return general(fd, list, count, flags, lengthAt, flagsAt);
    }
    // Undefined in a memory that has grown: its views are empty until the general way has seen to it.
    const pointer = memory.words[(list + Iovec.BUF) >> 2];
    const roomBytes = memory.words[(list + Iovec.LEN) >> 2];
    if (pointer === undefined || roomBytes === undefined || !holds(memory, pointer, roomBytes)) {
      return general(fd, list, count, flags, lengthAt, flagsAt);
    }
    recorder.isInImport = true;
    let result: unknown;
    try {
      result = body(fd, list, count, flags, lengthAt, flagsAt);
    } catch (error) {
      setWords(call, fd, list, count, flags, lengthAt, flagsAt);
      call.regions.beforeOne(pointer, roomBytes);
      recorder.unwind(call, error);
      throw error;
    }
    const lengthBytes = result === 0 ? lengthWithin(memory, lengthAt, roomBytes) : -1;
    if (lengthBytes < 0 || !memory.holds(flagsAt >>> 0, 2)) {
      setWords(call, fd, list, count, flags, lengthAt, flagsAt);
      call.regions.beforeOne(pointer, roomBytes);
      recorder.after(call, result);
      return result;
    }
    recorder.isInImport = false;
    writer.reserve(RECORD_BYTES_MAX);
    const start = writer.at;
    writer.at += 2;
    const isUsual =
      list === last[1] &&
      count === last[2] &&
      flags === last[3] &&
      lengthAt === last[4] &&
      flagsAt === last[5];
    let changes = writeFd(writer, last, fd);
    if (!isUsual) {
      setWords(call, fd, list, count, flags, lengthAt, flagsAt);
      changes |= writeChanges(writer, call, 6);
    }
    writer.view.setInt16(start, number | (changes << 8), true);
    writer.view.setInt32(writer.at, lengthBytes, true);
    writer.view.setInt16(writer.at + 4, memory.view.getInt16(flagsAt >>> 0, true), true);
    writer.at += 6;
    if (lengthBytes <= SHORT_BYTES_MAX) {
      writer.alignedBytes(memory, pointer, lengthBytes);
    } else {
      writer.varint(lengthBytes);
      writer.align(pointer);
      writer.raw(memory, pointer, lengthBytes);
    }
    writer.finishRecord();
    return result;
  };
}

/** @param general records every call of the function. */
export function recordSend(
  call: CallRecorder,
  recorder: ImportRecorder,
  body: Send,
  general: Send,
): Send {
  const { last, number } = call;
  const { writer } = recorder;
  return (fd, list, count, flags, lengthAt) => {
    const memory = recorder.watched?.memory;
    if (memory === undefined || count !== 1 || isUnfit(list) || writer.hasEnded) {
      return general(fd, list, count, flags, lengthAt);
    }
    // Undefined in a memory that has grown: its views are empty until the general way has seen to it.
    const pointer = memory.words[(list + Iovec.BUF) >> 2];
    const roomBytes = memory.words[(list + Iovec.LEN) >> 2];
    if (pointer === undefined || roomBytes === undefined || !holds(memory, pointer, roomBytes)) {
      return general(fd, list, count, flags, lengthAt);
    }
    recorder.isInImport = true;
    let result: unknown;
    try {
      result = body(fd, list, count, flags, lengthAt);
    } catch (error) {
      setWords(call, fd, list, count, flags, lengthAt, 0);
      call.regions.beforeOne(pointer, roomBytes);
      recorder.unwind(call, error);
      throw error;
    }
    const lengthBytes = result === 0 ? lengthWithin(memory, lengthAt, roomBytes) : -1;
    if (lengthBytes < 0) {
      setWords(call, fd, list, count, flags, lengthAt, 0);
      call.regions.beforeOne(pointer, roomBytes);
      recorder.after(call, result);
      return result;
    }
    recorder.isInImport = false;
    writer.reserve(RECORD_BYTES_MAX);
    const start = writer.at;
    writer.at += 2;
    const isUsual =
      list === last[1] && count === last[2] && flags === last[3] && lengthAt === last[4];
    let changes = writeFd(writer, last, fd);
    if (!isUsual) {
      setWords(call, fd, list, count, flags, lengthAt, 0);
      changes |= writeChanges(writer, call, 5);
    }
    writer.view.setInt16(start, number | (changes << 8), true);
    writer.view.setInt32(writer.at, lengthBytes, true);
    const hash = lengthBytes === 0 ? 0 : recorder.hash(pointer, lengthBytes);
    writer.view.setInt32(writer.at + 4, hash, true);
    writer.at += 8;
    writer.finishRecord();
    return result;
  };
}

/** True for what is no word's place, and for what lies beyond 2 GiB, which is negative. */
function isUnfit(pointer: number): boolean {
  return (pointer & 0x8000_0003) !== 0;
}

/** True when an aligned buffer lies in the memory, and not beyond 2 GiB. */
function holds(memory: GuestMemory, pointer: number, lengthBytes: number): boolean {
  return !isUnfit(pointer) && lengthBytes >= 0 && memory.holds(pointer, lengthBytes);
}

/** How much a call says that it moved; -1 when the general way has to see to it. */
function lengthWithin(memory: GuestMemory, lengthAt: number, roomBytes: number): number {
  if ((lengthAt & 3) !== 0) return -1;
  const lengthBytes = memory.words[lengthAt >>> 2] as number;
  return lengthBytes <= roomBytes ? lengthBytes : -1;
}

/** For what is recorded the general way: the arguments, as {@link CallRecorder.words} has them. */
function setWords(
  { words }: CallRecorder,
  fd: number,
  list: number,
  count: number,
  flags: number,
  lengthAt: number,
  flagsAt: number,
): void {
  words[0] = fd;
  words[1] = list;
  words[2] = count;
  words[3] = flags;
  words[4] = lengthAt;
  words[5] = flagsAt;
}

/**
 * A server's calls mostly differ in their descriptor alone, the first word.
 *
 * @returns its bit in the byte of changes, or 0 when it is what it was.
 */
function writeFd(writer: RecordWriter, last: number[], fd: number): number {
  const before = last[0] as number;
  if (fd === before) return 0;
  last[0] = fd;
  writer.signed((fd - before) | 0);
  return 2;
}

/** @returns a bit for each other argument that is not what it was, as the byte of changes has it. */
function writeChanges(
  writer: RecordWriter,
  { words, last }: CallRecorder,
  wordCount: number,
): number {
  let changes = 0;
  for (let index = 1; index < wordCount; index++) {
    const word = words[index] as number;
    const before = last[index] as number;
    if (word === before) continue;
    changes |= 2 << index;
    last[index] = word;
    writer.signed((word - before) | 0);
  }
  return changes;
}

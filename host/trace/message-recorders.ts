// Records the calls that move most bytes: sock_recv and sock_send of one buffer. A call that is not such a
// one, or receives where no eight bytes begin, takes the general way.

import { Iovec } from '../wasi/layout.ts';
import type { GuestMemory } from '../wasi/memory.ts';
import { type CallRecorder, writeChanges } from './call-recorder.ts';
import type { ImportRecorder } from './import-recorder.ts';
import {
  holds,
  holdsAligned,
  isUnfit,
  RECORD_BYTES_MAX,
  setWords,
  writeBytes,
  writeUsual,
} from './quick-records.ts';

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
  const { last } = call;
  const { writer } = recorder;
  return (fd, list, count, flags, lengthAt, flagsAt) => {
    const { memory } = recorder;
    if (memory === undefined || count !== 1 || isUnfit(list) || writer.hasEnded) {
      return general(fd, list, count, flags, lengthAt, flagsAt);
    }
    // Undefined in a memory that has grown: its views are empty until the general way has seen to it.
    const roomBytes = memory.words[(list + Iovec.LEN) >> 2];
    const pointer = memory.words[(list + Iovec.BUF) >> 2];
    if (
      pointer === undefined ||
      roomBytes === undefined ||
      !holdsAligned(memory, pointer, roomBytes)
    ) {
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
    if (lengthBytes < 0 || (flagsAt & 0x8000_0001) !== 0 || !memory.holds(flagsAt, 2)) {
      setWords(call, fd, list, count, flags, lengthAt, flagsAt);
      call.regions.beforeOne(pointer, roomBytes);
      recorder.after(call, result);
      return result;
    }
    recorder.isInImport = false;
    writer.reserve(RECORD_BYTES_MAX);
    const isUsual =
      list === last[1] &&
      count === last[2] &&
      flags === last[3] &&
      lengthAt === last[4] &&
      flagsAt === last[5];
    if (!isUsual) setWords(call, fd, list, count, flags, lengthAt, flagsAt);
    const at = isUsual ? writeUsual(writer, call, fd) : writeChanges(writer, call, 6);
    const { view } = writer;
    view.setInt32(at, lengthBytes, true);
    // The half of a word: one view less to look at.
    const flagsWord = memory.words[flagsAt >> 2] as number;
    view.setInt16(at + 4, flagsWord >> ((flagsAt & 2) << 3), true);
    writer.at = at + 6;
    writeBytes(writer, memory, pointer, lengthBytes);
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
  const { last } = call;
  const { writer } = recorder;
  return (fd, list, count, flags, lengthAt) => {
    const { memory } = recorder;
    if (memory === undefined || count !== 1 || isUnfit(list) || writer.hasEnded) {
      return general(fd, list, count, flags, lengthAt);
    }
    // Undefined in a memory that has grown: its views are empty until the general way has seen to it.
    const roomBytes = memory.words[(list + Iovec.LEN) >> 2];
    const pointer = memory.words[(list + Iovec.BUF) >> 2];
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
    const isUsual =
      list === last[1] && count === last[2] && flags === last[3] && lengthAt === last[4];
    if (!isUsual) setWords(call, fd, list, count, flags, lengthAt, 0);
    const at = isUsual ? writeUsual(writer, call, fd) : writeChanges(writer, call, 5);
    const { view } = writer;
    view.setInt32(at, lengthBytes, true);
    const hash = lengthBytes === 0 ? 0 : recorder.hash(pointer, lengthBytes, 0);
    view.setInt32(at + 4, hash, true);
    writer.at = at + 8;
    writer.finishRecord();
    return result;
  };
}

/** How much a call says that it moved; -1 when the general way has to see to it. */
function lengthWithin(memory: GuestMemory, lengthAt: number, roomBytes: number): number {
  if ((lengthAt & 3) !== 0) return -1;
  const lengthBytes = memory.words[lengthAt >>> 2] as number;
  return lengthBytes <= roomBytes ? lengthBytes : -1;
}

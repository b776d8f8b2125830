// Records poll_oneoff, which every turn of a guest's loop begins with: a call that may sleep, and one
// array that it writes.

import { Event } from '../wasi/layout.ts';
import { type CallRecorder, writeChanges } from './call-recorder.ts';
import type { ImportRecorder } from './import-recorder.ts';
import {
  holdsAligned,
  isUnfit,
  RECORD_BYTES_MAX,
  setWords,
  writeBytes,
  writeUsual,
} from './quick-records.ts';

type Poll = (list: number, eventsAt: number, count: number, countAt: number) => unknown;

/** @param general records every call of the function. */
export function recordPoll(
  call: CallRecorder,
  recorder: ImportRecorder,
  body: Poll,
  general: Poll,
): Poll {
  const { last } = call;
  const { writer } = recorder;
  return (list, eventsAt, count, countAt) => {
    const { memory } = recorder;
    if (memory === undefined || isUnfit(countAt) || writer.hasEnded) {
      return general(list, eventsAt, count, countAt);
    }
    recorder.beginLong();
    let result: unknown;
    try {
      result = body(list, eventsAt, count, countAt);
    } catch (error) {
      recorder.noteTime();
      setWords(call, list, eventsAt, count, countAt, 0, 0);
      recorder.freshMemory();
      recorder.unwind(call, error);
      throw error;
    }
    recorder.noteTime();
    // Undefined in a memory that has grown: its views are empty until the general way has seen to it.
    const eventCount = result === 0 ? memory.words[countAt >>> 2] : undefined;
    if (eventCount === undefined || !holdsAligned(memory, eventsAt, eventCount * Event.BYTES)) {
      setWords(call, list, eventsAt, count, countAt, 0, 0);
      recorder.freshMemory();
      recorder.after(call, result);
      return result;
    }
    recorder.isInImport = false;
    writer.reserve(RECORD_BYTES_MAX);
    const isUsual = eventsAt === last[1] && count === last[2] && countAt === last[3];
    if (!isUsual) setWords(call, list, eventsAt, count, countAt, 0, 0);
    const at = isUsual ? writeUsual(writer, call, list) : writeChanges(writer, call, 4);
    writer.view.setInt32(at, eventCount, true);
    writer.at = at + 4;
    writeBytes(writer, memory, eventsAt, eventCount * Event.BYTES);
    writer.finishRecord();
    return result;
  };
}

// Opens a recording's file, and runs it again: with the module that is in it, limited as it was, or with
// the one that it names. Nothing here needs the addon.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PolluxError } from '../base/pollux-error.ts';
import { sha256 } from '../base/sha256.ts';
import { openRecording, type Recording } from '../trace/recording.ts';
import { replay, type ReplayEnd, type ReplayOptions } from '../trace/replay.ts';
import type { ModuleSource } from './guest.ts';
import { loadModule } from './module.ts';

/** A recording in a file, which stays open for as long as it is used. */
export interface RecordingFile {
  readonly recording: Recording;
  close(): void;
}

/**
 * Opens a recording and checks every block of it.
 *
 * @throws PolluxError `RECORDING_REFUSED` when it can't be read, is no recording, or is damaged.
 */
export function openRecordingFile(path: string): RecordingFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : `can not be read (${code})`;
    throw new PolluxError('RECORDING_REFUSED', `${path}: ${reason}`, { cause: error });
  }
  const close = (): void => closeSync(descriptor);
  try {
    const recording = openRecording({
      name: path,
      lengthBytes: fstatSync(descriptor).size,
      read: (offset, lengthBytes) => read(descriptor, offset, lengthBytes),
    });
    return { recording, close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Runs a recording again.
 *
 * @param source the module; by default the one in the file.
 * @throws PolluxError `RECORDING_REFUSED` when the module is another than the recorded one, or there is
 *   none; `MODULE_NOT_FOUND`, `MODULE_REFUSED`; `REPLAY_DIFFERS`.
 */
export async function replayFile(
  recording: Recording,
  source: ModuleSource | undefined,
  options: ReplayOptions & { readonly onReady?: (timeUs: () => number) => void } = {},
): Promise<ReplayEnd> {
  const bytes = source ?? recording.module();
  if (bytes === undefined) {
    throw refused(recording, 'does not hold its module; name it: pollux replay FILE GUEST.wasm');
  }
  const guest = await loadModule(bytes, recording.head.memoryBytesMax);
  const wanted = recording.head.module;
  if (wanted !== undefined && source !== undefined) {
    const found = sha256(guest.bytes);
    if (found !== wanted.sha256) {
      throw refused(
        recording,
        `was made of ${wanted.name} with SHA-256 ${wanted.sha256}, and ${guest.name} has ${found}`,
      );
    }
  }
  const replayed = replay(recording, options);
  options.onReady?.(() => replayed.timeUs);
  return replayed.run(() => new WebAssembly.Instance(guest.module, replayed.imports));
}

function read(descriptor: number, offset: number, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  let doneBytes = 0;
  while (doneBytes < lengthBytes) {
    const readBytes = readSync(descriptor, bytes, {
      offset: doneBytes,
      position: offset + doneBytes,
    });
    if (readBytes === 0) break;
    doneBytes += readBytes;
  }
  return bytes.subarray(0, doneBytes);
}

function refused({ name }: Recording, reason: string): PolluxError {
  return new PolluxError('RECORDING_REFUSED', `${name} ${reason}`);
}

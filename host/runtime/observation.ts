// What the main thread prepares for those who look on at a guest: the file of a recording, where a trace
// goes, and that both make sense.

import { PolluxError } from '../base/pollux-error.ts';
import { headOf } from '../trace/record.ts';
import { IMPORT_TABLES } from '../wasi/import-tables.ts';
import type { RunOptions } from './guest.ts';
import type { GuestJob } from './guest-job.ts';
import type { GuestModule } from './module.ts';
import { RecordFile } from './record-file.ts';

const STDERR = 2;

/** In the order in which the imports are made. */
const FUNCTIONS = Object.entries(IMPORT_TABLES).flatMap(([module, signatures]) =>
  signatures.map(({ name }) => `${module}.${name}`),
);

const NAMES = new Set(
  Object.values(IMPORT_TABLES).flatMap((table) => table.map(({ name }) => name)),
);

/**
 * Makes the file that the options ask for.
 *
 * @throws PolluxError `CANNOT_RECORD`
 */
export function openRecordFile(guest: GuestModule, options: RunOptions): RecordFile | undefined {
  if (options.record === undefined) return undefined;
  const { maxMemoryBytes } = options;
  const head = headOf(FUNCTIONS, {
    module: guest.bytes,
    name: guest.name,
    ...(maxMemoryBytes === undefined ? {} : { memoryBytesMax: maxMemoryBytes }),
    about: { args: JSON.stringify(options.args ?? []) },
  });
  const held = options.recordNamesModule === true ? undefined : guest.bytes;
  return new RecordFile(options.record, head, held);
}

/** The part of the job that says who looks on. */
export function observationOf(
  { trace }: RunOptions,
  recordFile: RecordFile | undefined,
): Pick<GuestJob, 'recording' | 'trace'> {
  return {
    ...(recordFile === undefined
      ? {}
      : { recording: { blocks: recordFile.blocks, functions: FUNCTIONS } }),
    ...(trace === undefined
      ? {}
      : { trace: { descriptor: STDERR, ...trace, ...checkedCalls(trace.calls) } }),
  };
}

/** @throws PolluxError `USAGE` for a function that Pollux does not have. */
export function checkedCalls(calls: readonly string[] | undefined): {
  readonly calls?: readonly string[];
} {
  if (calls === undefined) return {};
  const unknown = calls.find((call) => !NAMES.has(call));
  if (unknown === undefined) return { calls };
  throw new PolluxError(
    'USAGE',
    `there is no call ${JSON.stringify(unknown)} to trace; there are fd_write, poll_oneoff and so on`,
  );
}

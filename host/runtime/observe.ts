// Puts those who look on between a guest and its imports, on the guest's thread: nothing, a recorder, a
// trace, or both.

import { writeSync } from 'node:fs';
import { assert } from '../base/assert.ts';
import type { LiveKernel } from '../kernel/live-kernel.ts';
import { Recorder } from '../trace/recorder.ts';
import { SharedBlockSource } from '../trace/shared-blocks.ts';
import { TracePrinter } from '../trace/trace-printer.ts';
import { trace } from '../trace/trace.ts';
import type { GuestJob, RecordingJob, TraceJob } from './guest-job.ts';

/** How long a trace waits before it tries a full pipe again, in milliseconds. */
const RETRY_MS = 1;

export interface Observed {
  readonly imports: Record<string, Record<string, unknown>>;
  /** Tells who looks on the instance. @returns its exports, to be called in their place. */
  attach(instance: WebAssembly.Instance): Readonly<Record<string, unknown>>;
  /** The guest has ended. @returns why its recording had to end before it did, if it had. */
  finish(): string | undefined;
}

export function observe(
  imports: Record<string, Record<string, unknown>>,
  job: Pick<GuestJob, 'recording' | 'trace'>,
  kernel: LiveKernel,
): Observed {
  let observed: Observed = {
    imports,
    attach: ({ exports }) => exports,
    finish: () => undefined,
  };
  if (job.recording !== undefined) observed = record(observed, job.recording, kernel);
  if (job.trace !== undefined) observed = print(observed, job.trace);
  return observed;
}

function record(
  { imports }: Observed,
  { blocks, functions }: RecordingJob,
  kernel: LiveKernel,
): Observed {
  const isTaken = kernel.copyTo(new Uint8Array(blocks.memory.buffer)) === 0;
  assert(isTaken, 'the blocks lie in a shared memory');
  const { copyOut } = kernel;
  const source = new SharedBlockSource(
    blocks,
    (at, pointer, bytes) => copyOut(at, pointer, bytes) === 0,
  );
  const recorder = new Recorder(imports, source);
  const isInOrder = recorder.functionNames.every((name, number) => name === functions[number]);
  assert(isInOrder, 'the imports are not in the order of the table');
  return {
    imports: recorder.imports,
    attach: (instance) => recorder.attach(instance),
    finish: () => {
      recorder.finish();
      return recorder.failure?.message;
    },
  };
}

function print(inner: Observed, { descriptor, calls }: TraceJob): Observed {
  const startMs = performance.now();
  const printer = new TracePrinter({
    print: (line) => writeLine(descriptor, line),
    clockUs: () => (performance.now() - startMs) * 1000,
    showsDuration: true,
    ...(calls === undefined ? {} : { calls }),
  });
  const traced = trace(inner.imports, printer);
  return {
    imports: traced.imports,
    attach: (instance) => {
      traced.attach(instance);
      return inner.attach(instance);
    },
    finish: () => inner.finish(),
  };
}

/** A whole line, however long a reader takes. One whose reader is gone is dropped. */
function writeLine(descriptor: number, line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

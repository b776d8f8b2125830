// Records a guest, and replays it, in this process.

import { openRecording } from '../../host/trace/recording.ts';
import { record, type RecordOptions } from '../../host/trace/record.ts';
import { replay, type ReplayEnd, type ReplayOptions } from '../../host/trace/replay.ts';
import type { ImportObject } from '../../host/trace/signature-table.ts';
import { EchoHost, echoGuest } from './echo-guest.ts';

export interface LiveRun {
  readonly bytes: Uint8Array;
  /** What the first export threw, if it did. */
  readonly thrown: unknown;
}

/** Runs an export of `module` with `imports`, recorded. */
export function recordRun(
  module: Uint8Array,
  imports: ImportObject,
  use: (instance: WebAssembly.Instance) => void = () => undefined,
  options: RecordOptions & { readonly entry?: string; readonly parameters?: unknown[] } = {},
): LiveRun {
  const { entry = '_start', parameters = [], ...rest } = options;
  const recorded = record(imports, { module, ...rest });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), recorded.imports);
  use(instance);
  const body = recorded.attach(instance)[entry] as (...values: unknown[]) => unknown;
  let thrown: unknown;
  try {
    body(...parameters);
  } catch (error) {
    thrown = error;
  }
  return { bytes: recorded.finish(), thrown };
}

/** Records {@link echoGuest} with these messages. */
export function recordEcho(messages: readonly string[]): Uint8Array {
  const host = new EchoHost(messages);
  return recordRun(echoGuest(), host.imports, (instance) => host.use(instance)).bytes;
}

/** Replays with the module in the recording, or another. */
export function replayRun(
  bytes: Uint8Array,
  options: ReplayOptions & { readonly module?: Uint8Array } = {},
): ReplayEnd {
  const recording = openRecording(bytes, options.signatures);
  const module = options.module ?? recording.module();
  if (module === undefined) throw new Error('there is no module');
  const replayed = replay(recording, options);
  const compiled = new WebAssembly.Module(module);
  return replayed.run(() => new WebAssembly.Instance(compiled, replayed.imports));
}

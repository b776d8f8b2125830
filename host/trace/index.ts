// pollux/trace: recording, replaying and tracing of any WebAssembly instance. Needs no Node: a test
// bundles it for a page.

export { PolluxError, type PolluxErrorCode } from '../base/pollux-error.ts';
export type { Parameter, Output, Signature, Vectors } from '../wasi/signature.ts';
export type { GuestMemory } from '../wasi/memory.ts';
export { ReplayDifference } from './differences.ts';
export type { Call, End, Enter, Entry, Head, Leave, ModuleDescription, Value } from './format.ts';
export type { CallObserver } from './observer.ts';
export { record, type Recorded, type RecordOptions } from './record.ts';
export type { RecorderOptions } from './recorder.ts';
export { openRecording, type Recording, type RecordingBytes } from './recording.ts';
export { replay, type Replay, type ReplayEnd, type ReplayOptions } from './replay.ts';
export { SentBytes } from './sent-bytes.ts';
export { trace, type Traced, type TraceOptions } from './trace.ts';
export { TracePrinter, type TracePrinterOptions } from './trace-printer.ts';
export type { ImportObject } from './signature-table.ts';
export { IMPORT_TABLES, type ImportTables } from '../wasi/import-tables.ts';

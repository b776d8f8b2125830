// What a reactor thread is given to run: everything can be cloned from one thread to another.

import type { SharedBlocks } from '../trace/shared-blocks.ts';
import type { ConnectRule } from '../wasi/connect-pattern.ts';
import type { Entry } from './module.ts';

export interface GuestJob {
  readonly module: WebAssembly.Module;
  readonly entry: Entry;
  /** The control block's memory. */
  readonly control: SharedArrayBuffer;
  readonly wakeDescriptor: number;
  /** The process's descriptors of the listeners, in the order of the guest's. */
  readonly listeners: readonly number[];
  /** The process's descriptors of the connections that the guest is given, which follow them. */
  readonly connections: readonly number[];
  /** What the guest may connect to. */
  readonly connectRules: readonly ConnectRule[];
  /** The `fdflags` that the listeners start with. */
  readonly listenerFlags: number;
  readonly stdio: readonly [number, number, number];
  readonly args: readonly string[];
  readonly environ: readonly string[];
  readonly fdCountMax: number;
  readonly trapsOnBadPointer: boolean;
  readonly batching: boolean;
  readonly ioUring: boolean;
  readonly v8Flags: readonly string[];
  /** Where to record what the guest does. */
  readonly recording?: RecordingJob;
  readonly trace?: TraceJob;
}

export interface RecordingJob {
  readonly blocks: SharedBlocks;
  /** `module.name` of the imports, by the number that the file has them by. */
  readonly functions: readonly string[];
}

export interface TraceJob {
  /** What the lines are written to. */
  readonly descriptor: number;
  /** The functions whose calls are printed; all without it. */
  readonly calls?: readonly string[];
}

/** What the thread tells its supervisor; a guest's own code can't send anything. */
export type ThreadMessage =
  | { readonly kind: 'running' }
  /**
   * The guest is dead; why, where an import ended it by an error. A `catch_all` of its own may still
   * keep it in its code, until it is terminated: nothing more can be told then.
   */
  | { readonly kind: 'ended'; readonly text: string; readonly stack: string }
  /** What the guest did can't be recorded; its recording ended before it. */
  | { readonly kind: 'unrecorded'; readonly problem: string }
  /** Why the guest ended, where there is more to say than the control block holds. */
  | { readonly kind: 'detail'; readonly text: string; readonly stack: string };

// What a reactor thread is given to run: everything can be cloned from one thread to another.

import type { Entry } from './module.ts';

export interface GuestJob {
  readonly module: WebAssembly.Module;
  readonly entry: Entry;
  /** The control block's memory. */
  readonly control: SharedArrayBuffer;
  readonly wakeDescriptor: number;
  /** The process's descriptors of the listeners, in the order of the guest's. */
  readonly listeners: readonly number[];
  /** The `fdflags` that the listeners start with. */
  readonly listenerFlags: number;
  readonly stdio: readonly [number, number, number];
  readonly args: readonly string[];
  readonly environ: readonly string[];
  readonly fdCountMax: number;
  readonly trapsOnBadPointer: boolean;
}

/** What the thread tells its supervisor; a guest's own code can't send anything. */
export type ThreadMessage =
  | { readonly kind: 'running' }
  /** The guest is dead. A `catch_all` of its own may still keep it in its code. */
  | { readonly kind: 'ended' }
  /** Why the guest ended, where there is more to say than the control block holds. */
  | { readonly kind: 'detail'; readonly text: string; readonly stack: string };

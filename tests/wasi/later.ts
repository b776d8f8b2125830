// A client in another thread, which acts while the guest is blocked in a call.

import type { Worker } from 'node:worker_threads';
import type { Address } from '../../host/kernel/address.ts';
import { startWorker } from '../support/worker.ts';

/** What the client does. There is one at a time. */
export type ClientAct =
  | { readonly act: 'connect'; readonly address: Address }
  | { readonly act: 'send'; readonly text: string }
  /** Ends its sending side: FIN. */
  | { readonly act: 'end' }
  /** Ends the connection by RST. */
  | { readonly act: 'reset' }
  /** Takes everything that comes from now on. */
  | { readonly act: 'drain' };

let worker: Worker | undefined;

/** Has each of `acts` happen when the main thread blocks in a system call, one after another. */
export function actLater(...acts: readonly ClientAct[]): void {
  worker ??= startWorker(new URL('later-client.ts', import.meta.url));
  // It has no end of its own; the process need not wait for it.
  worker.unref();
  for (const act of acts) worker.postMessage(act);
}

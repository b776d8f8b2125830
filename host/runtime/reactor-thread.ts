// The entry of a worker thread: runs one guest, then ends. While the guest runs, nothing reaches
// this thread but the control block and the wake; see wasi/control-block.ts.

import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { openLiveKernel } from '../kernel/choose.ts';
import type { GuestJob, ThreadMessage } from './guest-job.ts';
import { runGuest } from './instance.ts';

const tell = (message: ThreadMessage): void => parentPort?.postMessage(message);

parentPort?.once('message', (job: GuestJob) => {
  // Not sooner: a flag that changes makes V8 forget the code that it has in store of Node's own
  // modules, and a thread that boots after it takes twice as long.
  for (const flag of job.v8Flags) setFlagsFromString(flag);
  const { wakeDescriptor, stdio, batching, ioUring } = job;
  const kernel = openLiveKernel({ wakeDescriptor, stdio, batching, ioUring });
  const detail = runGuest(job, kernel, tell);
  if (detail !== undefined) tell({ kind: 'detail', ...detail });
  kernel.destroy();
});

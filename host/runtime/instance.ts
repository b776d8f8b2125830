// Runs one guest from its first instruction to its last, on the calling thread.

import { errnoName } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import { currentThread } from '../kernel/choose.ts';
import { FileType } from '../kernel/kernel.ts';
import type { LiveKernel } from '../kernel/live-kernel.ts';
import { ConnectPolicy } from '../wasi/connect-policy.ts';
import { ControlBlock, Outcome } from '../wasi/control-block.ts';
import { Descriptor, Kind } from '../wasi/descriptors.ts';
import { GuestExit } from '../wasi/guest-exit.ts';
import { makeImports } from '../wasi/imports.ts';
import { Sandbox } from '../wasi/sandbox.ts';
import type { GuestJob, ThreadMessage } from './guest-job.ts';
import { observe } from './observe.ts';

type Exports = Readonly<Record<string, unknown>>;

/** More about how a guest ended than its outcome says. */
export interface Detail {
  readonly text: string;
  readonly stack: string;
}

/**
 * Runs `job` on `kernel`. How the guest ended is in the control block.
 *
 * @param tell is called when the guest's code is about to run, and when an import has ended it.
 * @returns more about the end, where there is more to say.
 */
export function runGuest(
  job: GuestJob,
  kernel: LiveKernel,
  tell: (message: ThreadMessage) => void,
): Detail | undefined {
  const control = new ControlBlock(job.control);
  const { args, environ, fdCountMax, trapsOnBadPointer } = job;
  const isInterruptible = job.entry === 'reactor';
  const sandbox = new Sandbox({
    kernel,
    control,
    args,
    environ,
    isInterruptible,
    fdCountMax,
    trapsOnBadPointer,
    connectPolicy: new ConnectPolicy(job.connectRules),
    onEnd: (error) => tell({ kind: 'ended', ...detailOf(error) }),
  });
  try {
    control.takeDescriptors();
    openDescriptors(sandbox, kernel, job);
    // Before the instance: a start function is the guest's code, too, and may loop for ever.
    control.markRunning(currentThread());
    tell({ kind: 'running' });
    const observed = observe(makeImports(sandbox), job, kernel);
    try {
      const instance = new WebAssembly.Instance(job.module, observed.imports);
      sandbox.useMemory(instance.exports['memory'] as WebAssembly.Memory);
      const exports = observed.attach(instance);
      if (job.entry === 'command') runCommand(exports, control);
      else return runReactor(exports, sandbox);
    } finally {
      const problem = observed.finish();
      if (problem !== undefined) tell({ kind: 'unrecorded', problem });
    }
  } catch (error) {
    return explain(error, control);
  }
  return undefined;
}

function runCommand(exports: Exports, control: ControlBlock): void {
  (exports['_start'] as () => void)();
  control.end(Outcome.EXITED, 0);
}

/** A negative answer of `turn` ends a reactor with exit code 1. */
function runReactor(exports: Exports, sandbox: Sandbox): Detail {
  (exports['_initialize'] as (() => void) | undefined)?.();
  const turn = exports['turn'] as (timeoutMs: number) => number;
  let answer = 0;
  while (answer >= 0) {
    if (sandbox.control.wantsAttention) sandbox.attend();
    answer = turn(-1);
  }
  sandbox.control.end(Outcome.EXITED, 1);
  return { text: `turn answered ${answer} (${errnoName(-answer)})`, stack: '' };
}

/** Standard input, output and error are 0 to 2; listeners follow from 3 on, then connections. */
function openDescriptors(sandbox: Sandbox, kernel: LiveKernel, job: GuestJob): void {
  for (let index = 0; index < 3; index++) {
    const handle = must(kernel.openStdio(index), `standard stream ${index}`);
    const fileType = must(kernel.fileType(handle), `standard stream ${index}`) as FileType;
    sandbox.descriptors.add(new Descriptor({ handle, kind: Kind.STDIO, fileType, flags: 0 }));
  }
  for (const listener of job.listeners) {
    const handle = must(kernel.adopt(listener), 'a listener');
    const fileType = FileType.SOCKET_STREAM;
    const flags = job.listenerFlags;
    sandbox.descriptors.add(new Descriptor({ handle, kind: Kind.LISTENER, fileType, flags }));
  }
  for (const connection of job.connections) {
    const handle = must(kernel.adopt(connection), 'a connection');
    const fileType = FileType.SOCKET_STREAM;
    const options = { handle, kind: Kind.STREAM, fileType, flags: 0, isOutgoing: true };
    sandbox.descriptors.add(new Descriptor(options));
  }
}

function must(result: SysResult, what: string): number {
  if (result < 0) throw new Error(`${what} can not be opened: ${errnoName(-result)}`);
  return result;
}

function explain(error: unknown, control: ControlBlock): Detail | undefined {
  if (error instanceof GuestExit) return undefined;
  // What an import threw has its outcome; a trap of the guest's own has none yet.
  control.end(control.isRunning ? Outcome.TRAPPED : Outcome.FAILED, 0);
  if (error instanceof WebAssembly.Exception) {
    return { text: 'an exception that nothing caught', stack: '' };
  }
  return detailOf(error instanceof Error ? error : new Error(String(error)));
}

function detailOf(error: Error | undefined): Detail {
  return { text: error?.message ?? '', stack: error?.stack ?? '' };
}

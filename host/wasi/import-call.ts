// What every import does before its body runs, and after.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import { Outcome } from './control-block.ts';
import { GuestExit } from './guest-exit.ts';
import type { Sandbox } from './sandbox.ts';

export class ImportCall {
  readonly #sandbox: Sandbox;
  readonly #name: string;
  /** Hears the supervisor first. @throws as `Sandbox.enter`, which it is: V8 compiles it in. */
  readonly begin: () => void;

  constructor(sandbox: Sandbox, name: string) {
    this.#sandbox = sandbox;
    this.#name = name;
    this.begin = sandbox.enter;
  }

  /**
   * The guest's errno for what the body answered.
   *
   * @throws RuntimeError where a bad pointer is to trap; the call has had no effect.
   */
  answer(result: SysResult): number {
    if (result === -Errno.FAULT && this.#sandbox.trapsOnBadPointer) {
      throw new WebAssembly.RuntimeError(
        `${this.#name} was given a pointer that leaves the memory`,
      );
    }
    return 0 - result;
  }

  /**
   * Marks the guest as dead before anything is thrown through it, since its `catch_all` catches
   * what a host throws. An error that no import throws on purpose is a bug of ours.
   *
   * @returns what to throw
   */
  end(error: unknown): unknown {
    // A guest that recurses without end may run out of stack inside an import as well as outside.
    const isTrap = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    if (isTrap) this.#sandbox.end(Outcome.TRAPPED, 0, error);
    else if (!(error instanceof GuestExit)) this.#sandbox.end(Outcome.FAILED, 0, error as Error);
    return error;
  }
}

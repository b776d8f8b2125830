// proc_exit, proc_raise, sched_yield.

import { Errno } from '../base/errno.ts';
import { Outcome } from './control-block.ts';
import type { Functions } from './functions.ts';
import type { Sandbox } from './sandbox.ts';

export function processFunctions(sandbox: Sandbox): Functions {
  return {
    /** Does not return. All 32 bits of the code are kept; who runs the guest cuts them. */
    proc_exit(code: number): never {
      sandbox.leave(Outcome.EXITED, code);
    },

    /** A guest has no signals. */
    proc_raise() {
      return -Errno.NOSYS;
    },

    /** The guest has its thread to itself; there is no one to yield to. */
    sched_yield() {
      return 0;
    },
  };
}

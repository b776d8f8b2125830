// random_get.

import { Errno } from '../base/errno.ts';
import type { Functions } from './functions.ts';
import type { Sandbox } from './sandbox.ts';

/** Between two steps a stop is seen: a guest may ask for 4 GiB in one call. */
const STEP_BYTES = 65536;

export function randomFunctions(sandbox: Sandbox): Functions {
  return {
    /** @returns 0, `-FAULT`. */
    random_get(pointer: number, lengthBytes: number) {
      if (!sandbox.memory.holds(pointer, lengthBytes)) return -Errno.FAULT;
      for (let done = 0; done < lengthBytes; done += STEP_BYTES) {
        sandbox.pulse();
        const result = sandbox.kernel.random(
          pointer + done,
          Math.min(STEP_BYTES, lengthBytes - done),
        );
        if (result < 0) return result;
      }
      return 0;
    },
  };
}

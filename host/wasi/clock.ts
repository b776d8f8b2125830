// clock_res_get, clock_time_get.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import { ClockId } from '../kernel/kernel.ts';
import type { Functions } from './functions.ts';
import { TIMESTAMP_BYTES } from './layout.ts';
import type { Sandbox } from './sandbox.ts';

export function clockFunctions(sandbox: Sandbox): Functions {
  const instant = new Uint32Array(2);

  function write(result: SysResult, pointer: number): SysResult {
    if (result < 0) return result;
    sandbox.memory.setUint32(pointer, instant[0] as number);
    sandbox.memory.setUint32(pointer + 4, instant[1] as number);
    return 0;
  }

  return {
    /** @returns 0, `-INVAL` for an unknown clock, `-FAULT`. */
    clock_res_get(clock: number, instantOut: number) {
      if (!isClock(clock)) return -Errno.INVAL;
      if (!sandbox.memory.holds(instantOut, TIMESTAMP_BYTES)) return -Errno.FAULT;
      return write(sandbox.kernel.clockResolution(clock, instant), instantOut);
    },

    /** The precision that a guest allows is not used: reading the clock exactly costs no more. */
    clock_time_get(clock: number, _precision: bigint, instantOut: number) {
      if (!isClock(clock)) return -Errno.INVAL;
      if (!sandbox.memory.holds(instantOut, TIMESTAMP_BYTES)) return -Errno.FAULT;
      return write(sandbox.kernel.clockTime(clock, instant), instantOut);
    },
  };
}

function isClock(clock: number): clock is ClockId {
  return clock <= ClockId.THREAD_CPU;
}

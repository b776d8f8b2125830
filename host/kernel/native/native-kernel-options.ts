// What a native kernel can be told when it is made.

import type { LiveKernelOptions } from '../live-kernel.ts';

export interface NativeKernelOptions extends LiveKernelOptions {
  /** Waits by a timerfd, as where epoll_pwait2 is missing: for tests of that path. */
  readonly forceTimerfd?: boolean;
}

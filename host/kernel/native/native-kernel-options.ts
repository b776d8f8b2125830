// What a native kernel can be told when it is made.

export interface NativeKernelOptions {
  /** From `createWake`; stays the caller's. Without it the kernel makes and owns one. */
  readonly wakeDescriptor?: number;
  /** The descriptors that are standard input, output and error for the guest: 0, 1, 2. */
  readonly stdio?: readonly [number, number, number];
  /** Waits by a timerfd, as where epoll_pwait2 is missing: for tests of that path. */
  readonly forceTimerfd?: boolean;
  /**
   * False sends every answer at once, and receives only what is asked for. By default small messages
   * cross by the turn: see native-host/core/batch.h.
   */
  readonly batching?: boolean;
  /**
   * False makes system calls one by one. By default those of a turn's small messages are made together by
   * io_uring, where the system has it and allows it: see native-host/core/calls.h.
   */
  readonly ioUring?: boolean;
}

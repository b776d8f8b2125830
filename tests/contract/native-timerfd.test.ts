// The kernel contract over the native kernel where epoll_pwait2 is missing: sets wait by a timerfd.

import { kernelContract } from './all.ts';
import { makeNativeKernel } from './native-peers.ts';
import { nativeSkips } from './native-skips.ts';

kernelContract((stdio) => makeNativeKernel(stdio, { forceTimerfd: true }), nativeSkips());

// The kernel contract over the native kernel.

import { kernelContract } from './all.ts';
import { makeNativeKernel } from './native-peers.ts';
import { nativeSkips } from './native-skips.ts';

kernelContract(makeNativeKernel, nativeSkips());

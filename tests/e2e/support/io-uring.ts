// Whether this system has io_uring and allows it: some containers don't.

import { NativeKernel } from '../../../host/kernel/native/native-kernel.ts';

export function hasIoUring(): boolean {
  const kernel = new NativeKernel();
  const { callsByRing } = kernel;
  kernel.destroy();
  return callsByRing;
}

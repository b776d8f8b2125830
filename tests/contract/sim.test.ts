// The kernel contract over the simulated kernel: every row, none skipped.

import { kernelContract } from './all.ts';
import { makeSimKernel } from './sim-peers.ts';

kernelContract(makeSimKernel, new Map());

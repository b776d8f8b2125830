// Every probe.

import type { Probe } from '../probe.ts';
import { BUFFERS } from './buffers.ts';
import { CONNECTING } from './connecting.ts';
import { ENDINGS } from './endings.ts';
import { NUMBERS } from './numbers.ts';
import { SETS } from './sets.ts';
import { STREAMS } from './streams.ts';
import { UNIX } from './unix.ts';

export const PROBES: readonly Probe[] = [
  ...ENDINGS,
  ...CONNECTING,
  ...SETS,
  ...BUFFERS,
  ...UNIX,
  ...STREAMS,
  ...NUMBERS,
];

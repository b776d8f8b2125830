// poll, in a guest over poll_oneoff and in a native program.

import { compareServers } from './compare.ts';
import { POLL_ECHO } from './support/model.ts';

compareServers(POLL_ECHO);

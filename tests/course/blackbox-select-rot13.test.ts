// select, in a guest over poll_oneoff and in a native program.

import { compareServers } from './compare.ts';
import { SELECT_ROT13 } from './support/model.ts';

compareServers(SELECT_ROT13);

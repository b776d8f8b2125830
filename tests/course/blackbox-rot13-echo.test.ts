// The guest that waits by poll_oneoff against the native program on edge-triggered epoll.

import { compareServers } from './compare.ts';
import { ROT13_ECHO } from './support/model.ts';

compareServers(ROT13_ECHO);

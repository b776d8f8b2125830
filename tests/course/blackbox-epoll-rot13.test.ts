// epoll, edge-triggered: in a guest over WASIX's functions, and in a native program.

import { compareServers } from './compare.ts';
import { EPOLL_ROT13 } from './support/model.ts';

compareServers(EPOLL_ROT13);

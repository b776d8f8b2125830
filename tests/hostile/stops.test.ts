// Hostile guests that wait or compute for ever: each can be stopped, and limited.

import { tableSuite } from './table-suite.ts';
import { STOP_ROWS } from './table.ts';

await tableSuite('stops', STOP_ROWS);

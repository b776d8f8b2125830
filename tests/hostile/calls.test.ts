// Hostile guests that make calls with arguments of all kinds: what each call answers and writes.

import { tableSuite } from './table-suite.ts';
import { CALL_ROWS } from './table.ts';

await tableSuite('calls', CALL_ROWS);

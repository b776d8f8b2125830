// Hostile guests that trap, throw, exit, and try to go on after that.

import { tableSuite } from './table-suite.ts';
import { END_ROWS } from './table.ts';

await tableSuite('ends', END_ROWS);

// Hostile modules: what is refused, and what runs within its limits.

import { tableSuite } from './table-suite.ts';
import { MODULE_ROWS } from './table.ts';

await tableSuite('modules', MODULE_ROWS);

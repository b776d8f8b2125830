// The table of hostile guests: every input of the list that can be reached, by its number there.
//
// The rows of the epoll imports are numbered E, for the list does not have them. Three of its numbers
// are missing, since they can't occur: H34 (a descriptor closed while another call polls it), H40
// (memory changed while the host reads it) and H41 (an import called from within an import). A guest
// has one thread, a shared memory is refused when the module is loaded, and no import calls what a
// guest exports.

import { bufferRows } from './rows/buffers.ts';
import { connectRows } from './rows/connect.ts';
import { descriptorRows } from './rows/descriptors.ts';
import { endRows } from './rows/ends.ts';
import { epollRows } from './rows/epoll.ts';
import { moduleRows } from './rows/modules.ts';
import { plantedRows } from './rows/planted.ts';
import { pointerRows } from './rows/pointers.ts';
import { pollRows } from './rows/poll.ts';
import { stopRows } from './rows/stops.ts';
import type { Row } from './row.ts';

/** Rows about what calls answer. */
export const CALL_ROWS: readonly Row[] = [
  ...pointerRows,
  ...bufferRows,
  ...pollRows,
  ...epollRows,
  ...descriptorRows,
  ...connectRows,
];

/** Rows about guests that have to be stopped. */
export const STOP_ROWS: readonly Row[] = stopRows;

/** Rows about guests that trap, throw or exit. */
export const END_ROWS: readonly Row[] = endRows;

/** Rows about what a module may be. */
export const MODULE_ROWS: readonly Row[] = moduleRows;

/** The row of that name, also a planted one. */
export function findRow(id: string): Row {
  const all = [...CALL_ROWS, ...STOP_ROWS, ...END_ROWS, ...MODULE_ROWS, ...plantedRows];
  const row = all.find((candidate) => candidate.id === id);
  if (row === undefined) throw new Error(`the table has no row ${id}`);
  return row;
}

// What makes a command of a reactor: a loop over its turns. The turn is called through the table
// because an engine improves a function between its calls: one that never returns, and with it all
// that was inlined into it, would stay in the first, slow code (measured with V8).

import { Callback, indexOf } from "../lib/callback";
import { addText } from "../lib/line";
import { exitWithErrno } from "../lib/stderr";

/**
 * Turns until a turn fails; then says so on stderr and ends the guest with code 1.
 *
 * @param turn `(timeoutMs: i32) => i32`.
 */
export function turnForEver(turn: Callback): void {
  let result: i32;
  do {
    result = call_indirect<i32>(indexOf(turn), -1);
  } while (result >= 0);
  addText("guest: stopped");
  exitWithErrno(<u16>-result);
}

// For calls that a demonstration cannot do without.

import { addErrno } from "../lib/errno-text";
import { addLiteral, addText } from "../lib/line";
import { exitWithLine } from "../lib/stderr";

/**
 * The result, unless it is a negated errno: that ends the guest with a line, code 1.
 *
 * @param call its name, `changetype<usize>("poll")`.
 */
export function checked(call: usize, result: i32): i32 {
  if (result >= 0) return result;
  addText("guest: ");
  addLiteral(call);
  addText(" failed: ");
  addErrno(<u16>-result);
  exitWithLine(1);
  return result;
}

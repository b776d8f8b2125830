// The end of a guest that cannot go on: a line on stderr, put together with line.ts.

import { procExit } from "../abi/wasip1";
import { STDERR } from "../abi/wasip1-layout";
import { addNumber, addText, writeLine } from "./line";

/** Ends the line with an errno, and the guest with code 1. Does not return. */
export function exitWithErrno(errno: u16): void {
  addText(", errno ");
  addNumber(errno);
  exitWithLine(1);
}

/** Ends the line, writes it, and ends the guest with `code`. Does not return. */
export function exitWithLine(code: u32): void {
  // There is nobody to tell when stderr fails.
  writeLine(STDERR);
  procExit(code);
  unreachable();
}

// Lines on stdout, put together with line.ts.

import { STDOUT, SUCCESS } from "../abi/wasip1-layout";
import { addText, writeLine } from "./line";
import { exitWithErrno } from "./stderr";

/**
 * Ends the line and writes it to standard output. Ends the guest with a line on stderr, code 1,
 * when that can't be written to.
 */
export function printLine(): void {
  const errno = writeLine(STDOUT);
  if (errno != SUCCESS) exitUnwritten(errno);
}

/** Ends the guest, code 1, after a write to standard output that failed. Does not return. */
export function exitUnwritten(errno: u16): void {
  addText("guest: cannot write to standard output");
  exitWithErrno(errno);
}

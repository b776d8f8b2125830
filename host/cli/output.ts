// What the command line itself says, apart from what a guest writes: on standard error, and fit for a
// terminal whatever names a module gives.

import { printableLine, printableLines } from '../base/printable.ts';

/** One line, which begins with our name. */
export function say(line: string): void {
  process.stderr.write(`pollux: ${printableLine(line)}\n`);
}

/** The lines of a stack trace, for `--debug`. */
export function sayStack(stack: string): void {
  process.stderr.write(`${printableLines(stack)}\n`);
}

// Reading `--name value` from the command line. What is wrong ends the guest: a line on stderr, code 2.

import { parseNumber } from "./arguments";
import { addText, addTextAt } from "./line";
import { exitWithLine } from "./stderr";

/** The number that `value`, 0 for none, gives to the option `name`. */
export function numberFrom(name: usize, value: usize, smallest: u32, largest: u32): u32 {
  const number = value == 0 ? -1 : parseNumber(value, largest);
  if (number < <i64>smallest) exitMalformed(name, value);
  return <u32>number;
}

/** Ends the guest: the option `name` has no value or a wrong one. Does not return. */
export function exitMalformed(name: usize, value: usize): void {
  addText("guest: ");
  addTextAt(name);
  if (value == 0) {
    addText(" needs a value");
  } else {
    addText(" does not take ");
    addTextAt(value);
  }
  exitWithLine(2);
}

/** Ends the guest: there is no option `name`. Does not return. */
export function exitUnknown(name: usize): void {
  addText("guest: unknown argument ");
  addTextAt(name);
  exitWithLine(2);
}

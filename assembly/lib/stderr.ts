// Lines on stderr, and the end of a guest that cannot go on. A line is put together in a fixed
// buffer, so it needs no memory; what does not fit is cut off.

import { fdWrite, procExit } from "../abi/wasip1";
import { Iovec, STDERR } from "../abi/wasip1-layout";
import { literalByte, literalLength } from "./literal";

const LINE_BYTES_MAX: u32 = 256;

const line: usize = memory.data(256, 8);
const iovec: usize = memory.data(8, 8);
const writtenBytes: usize = memory.data(4, 4);

let lengthBytes: u32 = 0;

/** Adds ASCII text, a literal, to the line. */
export function addText(text: string): void {
  for (let i: u32 = 0; i < literalLength(changetype<usize>(text)); i++)
    addByte(literalByte(changetype<usize>(text), i));
}

/** Adds text that ends with a NUL, as arguments do. */
export function addTextAt(address: usize): void {
  while (load<u8>(address) != 0) addByte(load<u8>(address++));
}

/** Adds a decimal number. */
export function addNumber(value: u32): void {
  if (value >= 10) addNumber(value / 10);
  addByte(<u8>(48 + (value % 10)));
}

/** Ends the line with an errno, and the guest with code 1. Does not return. */
export function exitWithErrno(errno: u16): void {
  addText(", errno ");
  addNumber(errno);
  exitWithLine(1);
}

/** Ends the line, writes it, and ends the guest with `code`. Does not return. */
export function exitWithLine(code: u32): void {
  store<u8>(line + lengthBytes, 10);
  const whole = changetype<Iovec>(iovec);
  whole.address = <u32>line;
  whole.lengthBytes = lengthBytes + 1;
  // There is nobody to tell when stderr fails.
  fdWrite(STDERR, iovec, 1, writtenBytes);
  procExit(code);
  unreachable();
}

function addByte(byte: u8): void {
  if (lengthBytes == LINE_BYTES_MAX - 1) return;
  store<u8>(line + lengthBytes, byte);
  lengthBytes++;
}

// A line of text, put together in a fixed buffer, so that it needs no memory; what does not fit is
// cut off. There is one, which stdout.ts and stderr.ts write out.

import { fdWrite } from "../abi/wasip1";
import { Iovec, PROTO, SUCCESS } from "../abi/wasip1-layout";
import { literalByte, literalLength } from "./literal";

const LINE_BYTES_MAX: u32 = 256;
const NEWLINE: u8 = 10;
const SPACE: u8 = 32;

const line: usize = memory.data(256, 8);
const iovec: usize = memory.data(8, 8);
const writtenBytesAt: usize = memory.data(4, 4);

let lengthBytes: u32 = 0;

/** Adds ASCII text, a literal, to the line. */
export function addText(text: string): void {
  addLiteral(changetype<usize>(text));
}

/** The same for a literal that was passed on: by its address, so that it is no reference. */
export function addLiteral(literal: usize): void {
  for (let i: u32 = 0; i < literalLength(literal); i++) addByte(literalByte(literal, i));
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

/** Adds spaces until the line has `column` characters; none when it has as many. */
export function addSpacesTo(column: u32): void {
  while (lengthBytes < column) addByte(SPACE);
}

/** Adds a decimal number so that it ends at `column`, or behind one space when it is too long. */
export function addNumberTo(column: u32, value: u32): void {
  let digits: u32 = 1;
  for (let rest = value / 10; rest != 0; rest /= 10) digits++;
  addByte(SPACE);
  if (column > digits) addSpacesTo(column - digits);
  addNumber(value);
}

/** Ends the line and writes it to a descriptor, all of it. Answers an errno. The line is empty then. */
export function writeLine(fd: u32): u16 {
  store<u8>(line + lengthBytes, NEWLINE);
  const rest = changetype<Iovec>(iovec);
  rest.address = <u32>line;
  rest.lengthBytes = lengthBytes + 1;
  lengthBytes = 0;
  while (rest.lengthBytes > 0) {
    const errno = fdWrite(fd, iovec, 1, writtenBytesAt);
    if (errno != SUCCESS) return errno;
    const writtenBytes = load<u32>(writtenBytesAt);
    if (writtenBytes == 0 || writtenBytes > rest.lengthBytes) return PROTO;
    rest.address += writtenBytes;
    rest.lengthBytes -= writtenBytes;
  }
  return SUCCESS;
}

function addByte(byte: u8): void {
  if (lengthBytes == LINE_BYTES_MAX - 1) return;
  store<u8>(line + lengthBytes, byte);
  lengthBytes++;
}

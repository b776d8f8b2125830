// The arguments of the guest's command line, and reading numbers from them.

import { argsGet, argsSizesGet } from "../abi/wasip1";
import { E2BIG, NOMEM, SUCCESS } from "../abi/wasip1-layout";
import { blockBytesFor, takeBlock } from "./block-pool";
import { literalByte, literalLength } from "./literal";
import { addNumber, addText } from "./line";
import { exitWithLine } from "./stderr";

/** More than any program of ours has use for. */
const ARGUMENT_BYTES_MAX: u32 = 65536;

const sizes: usize = memory.data(8, 4);

let addresses: usize = 0;

/** Reads the arguments, the program's name among them, and tells how many there are. */
export function readArguments(): u32 {
  let errno = argsSizesGet(sizes, sizes + 4);
  if (errno != SUCCESS) exitUnread(errno);
  const count = load<u32>(sizes);
  const textBytes = load<u32>(sizes, 4);
  if (count == 0) return 0;
  if (count > ARGUMENT_BYTES_MAX / 4 || textBytes > ARGUMENT_BYTES_MAX) exitUnread(E2BIG);
  addresses = takeBlock(blockBytesFor(count * 4 + textBytes));
  if (addresses == 0) exitUnread(NOMEM);
  errno = argsGet(addresses, addresses + count * 4);
  if (errno != SUCCESS) exitUnread(errno);
  return count;
}

/** The NUL-ended text of an argument; 0 is the program's name. */
export function argumentAt(index: u32): usize {
  return load<usize>(addresses + index * 4);
}

/** Whether the NUL-ended text at `address` is `text`, a literal. */
export function isText(address: usize, text: string): bool {
  const length = literalLength(changetype<usize>(text));
  for (let i: u32 = 0; i < length; i++) {
    if (load<u8>(address + i) != literalByte(changetype<usize>(text), i)) return false;
  }
  return load<u8>(address + length) == 0;
}

/** Reads a decimal number of digits only. -1 when the text is none, or is above `largest`. */
export function parseNumber(address: usize, largest: u32): i64 {
  if (load<u8>(address) == 0) return -1;
  let value: i64 = 0;
  for (; load<u8>(address) != 0; address++) {
    const digit = <u32>load<u8>(address) - 48;
    if (digit > 9) return -1;
    value = value * 10 + digit;
    if (value > <i64>largest) return -1;
  }
  return value;
}

function exitUnread(errno: u16): void {
  addText("guest: the arguments cannot be read, errno ");
  addNumber(errno);
  exitWithLine(2);
}

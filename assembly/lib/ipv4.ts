// Reads `IPV4:PORT`: four numbers up to 255 and a port from 1 on, in decimal, without zeros in
// front, which some take for octal.

const DOT: u8 = 46;
const COLON: u8 = 58;
const END: u8 = 0;
const ZERO: u8 = 48;

/** Where {@link takeNumber} reads on. */
let at: usize = 0;

/**
 * Reads a NUL-ended text.
 *
 * @param bytes receives the four bytes of the address, in network order.
 * @returns the port; -1 when the text is no such address.
 */
export function parseIpv4Port(text: usize, bytes: usize): i32 {
  at = text;
  for (let i: u32 = 0; i < 4; i++) {
    const number = takeNumber(255, i < 3 ? DOT : COLON);
    if (number < 0) return -1;
    store<u8>(bytes + i, <u8>number);
  }
  const port = takeNumber(65535, END);
  return port == 0 ? -1 : port;
}

/** The number up to the byte `end`, which is passed over. -1 when there is none up to `largest`. */
function takeNumber(largest: i32, end: u8): i32 {
  const first = at;
  let value: i32 = 0;
  for (; load<u8>(at) != end; at++) {
    const digit = <u32>load<u8>(at) - ZERO;
    if (digit > 9) return -1;
    value = value * 10 + digit;
    if (value > largest) return -1;
  }
  const digitCount = at - first;
  at++;
  return digitCount == 0 || (digitCount > 1 && load<u8>(first) == ZERO) ? -1 : value;
}

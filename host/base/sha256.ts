// SHA-256, by which modules are named: what sha256sum prints. A page has no synchronous one.
//
// Source: FIPS 180-4. The constants are the fractional parts of roots of the first primes.

const WORD = 2 ** 32;
const BLOCK_BYTES = 64;

const primes: number[] = [];
for (let number = 2; primes.length < 64; number++) {
  if (primes.every((prime) => number % prime !== 0)) primes.push(number);
}
const ROUND = Int32Array.from(primes, (prime) => (Math.cbrt(prime) % 1) * WORD);
const START = primes.slice(0, 8).map((prime) => ((Math.sqrt(prime) % 1) * WORD) | 0);

/** @returns 64 hexadecimal digits */
export function sha256(bytes: Uint8Array): string {
  const state = Int32Array.from(START);
  const schedule = new Int32Array(64);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeBytes = bytes.length - (bytes.length % BLOCK_BYTES);
  for (let at = 0; at < wholeBytes; at += BLOCK_BYTES) addBlock(state, schedule, view, at);
  const tail = padded(bytes.subarray(wholeBytes), bytes.length);
  for (let at = 0; at < tail.byteLength; at += BLOCK_BYTES) addBlock(state, schedule, tail, at);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** The last bytes, a one, zeros, and the length of everything in bits. */
function padded(last: Uint8Array, lengthBytes: number): DataView {
  const tail = new Uint8Array(last.length + 9 > BLOCK_BYTES ? 2 * BLOCK_BYTES : BLOCK_BYTES);
  tail.set(last);
  tail[last.length] = 0x80;
  const view = new DataView(tail.buffer);
  view.setBigUint64(tail.length - 8, BigInt(lengthBytes) * 8n);
  return view;
}

function addBlock(state: Int32Array, schedule: Int32Array, view: DataView, at: number): void {
  const word = (index: number): number => schedule[index] as number;
  for (let index = 0; index < 16; index++) schedule[index] = view.getInt32(at + 4 * index);
  for (let index = 16; index < 64; index++) {
    const [early, late] = [word(index - 15), word(index - 2)];
    const mixedEarly = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const mixedLate = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    schedule[index] = word(index - 16) + mixedEarly + word(index - 7) + mixedLate;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let index = 0; index < 64; index++) {
    const mixedE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const chosen = (e & f) ^ (~e & g);
    const first = (h + mixedE + chosen + (ROUND[index] as number) + word(index)) | 0;
    const mixedA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b] = [g, f, e, (d + first) | 0, c, b, a];
    a = (first + mixedA + majority) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, index) => {
    state[index] = (state[index] as number) + value;
  });
}

function rotate(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by));
}

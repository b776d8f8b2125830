// Views of memory, and comparing them. Node's Buffer compares at the speed of memory (0.85 ns for a
// subscription of 48 bytes); a page has none and compares in a loop.

// Looked up once: Node's global is a getter.
const NodeBuffer = typeof Buffer === 'undefined' ? undefined : Buffer;

/** All of `buffer`, as bytes. */
export function bytesOf(buffer: ArrayBuffer): Uint8Array {
  return NodeBuffer === undefined ? new Uint8Array(buffer) : NodeBuffer.from(buffer);
}

/** True when `a` and `b` hold the same bytes from `from` up to `end`, `a` shifted by `aShift`. */
export function isSameRange(
  a: Uint8Array,
  b: Uint8Array,
  range: { readonly aShift: number; readonly from: number; readonly end: number },
): boolean {
  const { aShift, from, end } = range;
  if (NodeBuffer !== undefined && a instanceof NodeBuffer) {
    return a.compare(b, from, end, from + aShift, end + aShift) === 0;
  }
  for (let at = from; at < end; at++) if (a[at + aShift] !== b[at]) return false;
  return true;
}

/** All of `parts`, one behind the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// The hash as docs/record-format.md states it, line by line: what the one in WebAssembly is held to.

function step(x: number, word: number): number {
  const y = Math.imul(x ^ word, 0x85ebca77);
  return y ^ (y >>> 15);
}

export function referenceHash(bytes: Uint8Array, seed = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lane = Array.from({ length: 32 }, (_, i) => (seed + Math.imul(i, 0x9e3779b1)) | 0);
  const mix = (i: number, word: number): void => {
    lane[i] = step(lane[i]!, word);
  };
  let at = 0;
  if (bytes.length >= 128) {
    for (; bytes.length - at >= 128; at += 128) {
      for (let i = 0; i < 32; i++) mix(i, view.getInt32(at + 4 * i, true));
    }
    for (let j = 1; j <= 7; j++) for (let i = 0; i < 4; i++) mix(i, lane[4 * j + i]!);
  }
  for (; bytes.length - at >= 16; at += 16) {
    for (let i = 0; i < 4; i++) mix(i, view.getInt32(at + 4 * i, true));
  }
  let hash = lane[0]!;
  for (let i = 1; i <= 3; i++) hash = step(hash, lane[i]!);
  for (; at < bytes.length; at++) hash = step(hash, bytes[at]!);
  return step(hash, bytes.length) >>> 0;
}

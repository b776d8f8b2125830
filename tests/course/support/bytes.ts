// What the scenarios send.

import type { Random } from '../../e2e/support/random.ts';

/** Of random bytes: how many end a line, beside those that happen to. */
const LINE_FEED_SHARE = 0.002;

export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A line of `lengthBytes`, its line feed included, in which no part is like another. */
export function line(lengthBytes: number): Buffer {
  let text = '';
  for (let count = 0; text.length < lengthBytes; count += 1) text += `${count} Sphinx of quartz, `;
  return bytes(`${text.slice(0, lengthBytes - 1)}\n`);
}

/** Bytes of every value, in lines of very different lengths. */
export function randomBytes(random: Random, lengthBytes: number): Buffer {
  const all = Buffer.allocUnsafe(lengthBytes);
  // Some streams have hardly a line feed, so that their lines are longer than any ring.
  const isLong = random.chance(0.3);
  for (let index = 0; index < lengthBytes; index += 1) {
    const byte = random.below(256);
    if (isLong && byte === 0x0a) all[index] = 0x20;
    else all[index] = !isLong && random.chance(LINE_FEED_SHARE) ? 0x0a : byte;
  }
  return all;
}

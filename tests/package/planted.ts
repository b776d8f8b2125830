// Addons that need what others lack: files like any other, but for one name.

import * as assert from 'uvu/assert';

/** A version that no libc has. As long as the one whose place it takes. */
export const VERSION_PLANTED = 'GLIBC_9.99';

/** getrandom's: an addon that was compiled for glibc needs it on every processor. */
export const VERSION_REPLACED = 'GLIBC_2.25';

/** As compiled where libc is newer: its getrandom needs {@link VERSION_PLANTED}. It can't load. */
export function withPlantedVersion(addon: Buffer): Buffer {
  return withName(addon, VERSION_REPLACED, VERSION_PLANTED);
}

/** The same file with another name in the place of one. Both have the same length. */
export function withName(addon: Buffer, name: string, other: string): Buffer {
  const at = addon.indexOf(`\0${name}\0`) + 1;
  assert.ok(at > 0, `the addon does not name ${name}`);
  assert.is(other.length, name.length);
  const planted = Buffer.from(addon);
  planted.write(other, at, 'latin1');
  return planted;
}

// An addon as one that was compiled where libc is newer: a file like any other, but for one name.

import * as assert from 'uvu/assert';

/** A version that no libc has. As long as the one whose place it takes. */
export const VERSION_PLANTED = 'GLIBC_9.99';

/** getrandom's: an addon that was compiled for glibc needs it on every processor. */
const VERSION_REPLACED = 'GLIBC_2.25';

/** The same file, whose getrandom needs {@link VERSION_PLANTED}. Loading it fails. */
export function withPlantedVersion(addon: Buffer): Buffer {
  const at = addon.indexOf(`\0${VERSION_REPLACED}\0`) + 1;
  assert.ok(at > 0, `the addon does not need ${VERSION_REPLACED}`);
  const planted = Buffer.from(addon);
  planted.write(VERSION_PLANTED, at, 'latin1');
  return planted;
}

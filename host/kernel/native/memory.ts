// What the system can do for a stretch of this process's memory.

import { binding } from './binding.ts';

/**
 * Asks for huge pages where none have been used yet: what a disk reads by the page costs a fraction.
 *
 * @param bytes that begin at a page of the machine.
 * @returns false where the system has no such pages; the memory is as good as before.
 * @throws PolluxError `NO_ADDON`. Source: madvise(2), MADV_HUGEPAGE.
 */
export function useHugePages(bytes: Uint8Array): boolean {
  return binding().useHugePages(bytes) === 0;
}

// Whether an addon that was compiled here loads wherever Node does: what it may need of the system.

import { readNeeds } from './elf-needs.mjs';

/** What Node 20 itself needs. Source: its BUILDING.md, "Platform list". */
const GLIBC_MINOR_MAX = 28;

/** musl's is libc.so or libc.musl-ARCH.so.1. */
const LIBRARIES = ['libc.so.6'];

/**
 * Why an addon would not load on every Linux with glibc 2.28 or newer.
 *
 * @param {Buffer} addon the file's bytes
 * @returns {string[]} one line for each thing that it must not need; empty when it is good. Throws
 *   an Error for what is no addon.
 */
export function portabilityProblems(addon) {
  const { libraries, versions } = readNeeds(addon);
  const foreign = libraries.filter((library) => !LIBRARIES.includes(library));
  const problems = foreign.map((library) => `it needs ${library}`);
  if (!libraries.includes('libc.so.6')) problems.push('it does not use glibc');
  for (const { library, version, symbols } of versions) {
    if (isOldEnough(version)) continue;
    const users = symbols.length > 0 ? ` for ${symbols.join(', ')}` : '';
    problems.push(`it needs ${version} of ${library}${users}, and 2.${GLIBC_MINOR_MAX} must do`);
  }
  return problems;
}

/** False also for names that are no numbers, such as GLIBC_ABI_DT_RELR: features of newer ones. */
function isOldEnough(version) {
  const minor = /^GLIBC_2\.(\d+)(?:\.\d+)?$/.exec(version)?.[1];
  return minor !== undefined && Number(minor) <= GLIBC_MINOR_MAX;
}

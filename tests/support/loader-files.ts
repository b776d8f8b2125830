// The loader's own files: a thread of tsx has one open whenever it comes to write what it compiled, so
// whoever counts the descriptors of a test's process leaves these out.

/** A module, or tsx's cache of one. */
const OF_LOADER = /\.(?:ts|js|mjs|cjs|json)$|\/tsx-|\/node_modules\//;

/** @param file what /proc/self/fd says that a descriptor is */
export function isOfLoader(file: string): boolean {
  return OF_LOADER.test(file);
}

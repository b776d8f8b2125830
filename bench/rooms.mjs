// Whose code an instruction of a server lies in: by the name of what V8 has compiled, or else by the
// file. Of the names the first that fits counts.

export const CODE_ROOMS = [
  ['guest: wasm', /wasm-function/],
  ['imports: from wasm to JavaScript', /wasm-to-js/],
  ['host/: JavaScript', /^JS:|^LazyCompile:|^Function:|^Script:/],
];

export const FILE_ROOMS = [
  ['native-host/: C', /pollux\.node/],
  ['Node-API and V8', /\/node$/],
  ['libc', /libc[.-]/],
  ['native server: C', /bench\/server$/],
];

export const OTHER_ROOM = 'other code';

/** The room of code with this name, in this file; {@link OTHER_ROOM} when it fits none. */
export function userRoomOf(name, file) {
  const byName = CODE_ROOMS.find(([, is]) => is.test(name));
  const byFile = FILE_ROOMS.find(([, is]) => is.test(file));
  return byName?.[0] ?? byFile?.[0] ?? OTHER_ROOM;
}

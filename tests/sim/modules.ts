// The modules that simulated worlds run, as bytes.

import { readFileSync } from 'node:fs';

const REPOSITORY = new URL('../../', import.meta.url);

/** The bytes of a module, by its path from the repository's directory. */
export function moduleBytes(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(path, REPOSITORY)));
}

/** Our program in its two forms: name -> bytes. */
export const ROT13: ReadonlyMap<string, Uint8Array> = new Map([
  ['_start', moduleBytes('build/rot13-echo.wasm')],
  ['turn', moduleBytes('build/rot13-echo.reactor.wasm')],
]);

/** Letters turned by 13 places. */
export function rot13(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const first = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - first + 13) % 26) + first);
  });
}

// Every function that a guest can import, by the name of its import module. The import object is made
// from these tables, modules are checked against them, and whatever looks at calls from outside (a
// trace, a recording) reads them.

import { WASMEDGE_SIGNATURES } from './dialects/wasmedge-signatures.ts';
import { WASIX_MODULE_NAME, WASIX_SIGNATURES } from './dialects/wasix-signatures.ts';
import type { Signature } from './signature.ts';
import { MODULE_NAME, SIGNATURES } from './signatures.ts';

/** Signatures by the name of their import module. */
export type ImportTables = Readonly<Record<string, readonly Signature[]>>;

export const IMPORT_TABLES: ImportTables = {
  // WasmEdge adds its own to preview1's module.
  [MODULE_NAME]: [...SIGNATURES, ...WASMEDGE_SIGNATURES],
  [WASIX_MODULE_NAME]: WASIX_SIGNATURES,
};

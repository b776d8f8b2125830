// Every function that a guest can import, by the name of its import module. The import object is made
// from these tables, modules are checked against them, and whatever looks at calls from outside (a
// trace, a recording) reads them.

import { WASMEDGE_SIGNATURES } from './dialects/wasmedge-signatures.ts';
import type { Signature } from './signature.ts';
import { MODULE_NAME, SIGNATURES } from './signatures.ts';

/** Signatures by the name of their import module. */
export type ImportTables = Readonly<Record<string, readonly Signature[]>>;

/** Preview1's own, and what WasmEdge adds under the same module's name. */
export const PREVIEW1_IMPORTS: readonly Signature[] = [...SIGNATURES, ...WASMEDGE_SIGNATURES];

export const IMPORT_TABLES: ImportTables = { [MODULE_NAME]: PREVIEW1_IMPORTS };

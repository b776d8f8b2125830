// Finds the signature of each function of an import object: what has none can't be recorded, traced or
// replayed, since no one could say what it writes.

import { PolluxError } from '../base/pollux-error.ts';
import type { ImportTables } from '../wasi/import-tables.ts';
import type { Signature } from '../wasi/signature.ts';

/** What `WebAssembly.Instance` takes. */
export type ImportObject = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A function as WebAssembly calls it, or is called: an i32 is a number, an i64 a bigint. */
export type HostFunction = (...parameters: (number | bigint)[]) => unknown;

/** One function of an import object. */
export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly body: HostFunction;
  readonly signature: Signature;
}

/**
 * @returns the functions, in the order of `imports`. What is no function (a memory, a table) is not
 *   among them, and needs no signature.
 * @throws PolluxError `CANNOT_RECORD` for a function without a signature.
 */
export function functionsOf(imports: ImportObject, table: ImportTables): ImportedFunction[] {
  return Object.entries(imports).flatMap(([module, members]) =>
    Object.entries(members).flatMap(([name, body]) => {
      if (typeof body !== 'function') return [];
      const signature = findSignature(table, module, name);
      if (signature === undefined) {
        throw new PolluxError(
          'CANNOT_RECORD',
          `${module}.${name} has no signature, so that no one knows what it writes; ` +
            'give its module one by the option signatures',
        );
      }
      return [{ module, name, body: body as HostFunction, signature }];
    }),
  );
}

export function findSignature(
  table: ImportTables,
  module: string,
  name: string,
): Signature | undefined {
  return table[module]?.find((candidate) => candidate.name === name);
}

/** `imports` with other functions in the place of those in `replaced`, in their order. */
export function replaceFunctions(
  imports: ImportObject,
  functions: readonly ImportedFunction[],
  replaced: readonly HostFunction[],
): Record<string, Record<string, unknown>> {
  const result: Record<string, Record<string, unknown>> = {};
  for (const [module, members] of Object.entries(imports)) result[module] = { ...members };
  functions.forEach(({ module, name }, index) => {
    (result[module] as Record<string, unknown>)[name] = replaced[index];
  });
  return result;
}

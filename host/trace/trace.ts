// Lets an observer look on while a guest calls its imports: what is called trace is an observer that
// prints.

import { IMPORT_TABLES, type ImportTables } from '../wasi/import-tables.ts';
import { GuestMemory } from '../wasi/memory.ts';
import { type CallObserver, unsignedValues } from './observer.ts';
import {
  functionsOf,
  type HostFunction,
  type ImportedFunction,
  type ImportObject,
  replaceFunctions,
} from './signature-table.ts';

export interface TraceOptions {
  /** Of the functions of the imports. By default what Pollux offers. */
  readonly signatures?: ImportTables;
}

/** Imports that are looked on. */
export interface Traced {
  /** For `WebAssembly.Instance`, in the place of those that were given. */
  readonly imports: Record<string, Record<string, unknown>>;
  /** Tells the memory of the instance. What is called before is not seen. */
  attach(instance: WebAssembly.Instance): void;
}

/**
 * Wraps an import object, so that `observer` is told of every call.
 *
 * @throws PolluxError `CANNOT_RECORD` for a function without a signature.
 */
export function trace(
  imports: ImportObject,
  observer: CallObserver,
  options: TraceOptions = {},
): Traced {
  const functions = functionsOf(imports, options.signatures ?? IMPORT_TABLES);
  let memory: GuestMemory | undefined;

  const observed = ({ body, signature }: ImportedFunction): HostFunction => {
    return (...values) => {
      if (memory === undefined) return body(...values);
      if (memory.isStale) memory.refresh();
      observer.before(signature, unsignedValues(values), memory);
      let result: unknown;
      try {
        result = body(...values);
      } catch (error) {
        observer.after('unwound', memory);
        throw error;
      }
      observer.after(result as number, memory);
      return result;
    };
  };

  return {
    imports: replaceFunctions(imports, functions, functions.map(observed)),
    attach: (instance) => {
      const exported = instance.exports['memory'];
      if (exported instanceof WebAssembly.Memory) memory = new GuestMemory(exported);
    },
  };
}

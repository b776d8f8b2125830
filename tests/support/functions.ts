// Every function that a guest can import, whatever its import module, by its name alone.

import { IMPORT_TABLES } from '../../host/wasi/import-tables.ts';
import type { Signature } from '../../host/wasi/signature.ts';

const MODULES = new Map<string, string>();
for (const [module, signatures] of Object.entries(IMPORT_TABLES)) {
  for (const { name } of signatures) {
    if (MODULES.has(name))
      throw new Error(`two import modules have ${name}: tests can't tell them`);
    MODULES.set(name, module);
  }
}

export const ALL_SIGNATURES: readonly Signature[] = Object.values(IMPORT_TABLES).flat();

/** The import module of the function. */
export function moduleOf(name: string): string {
  const module = MODULES.get(name);
  if (module === undefined) throw new Error(`there is no ${name}`);
  return module;
}

/** An import object, of functions by their names. */
export function byModule<T>(
  functions: Readonly<Record<string, T>>,
): Record<string, Record<string, T>> {
  const modules: Record<string, Record<string, T>> = {};
  for (const [name, body] of Object.entries(functions)) {
    (modules[moduleOf(name)] ??= {})[name] = body;
  }
  return modules;
}

/** The functions of an import object, by their names. */
export function byName<T>(
  modules: Readonly<Record<string, Readonly<Record<string, T>>>>,
): Record<string, T> {
  return Object.assign({}, ...Object.values(modules)) as Record<string, T>;
}

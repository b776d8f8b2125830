// Reads what a module imports, exports and asks for, with types, which the JavaScript API does not
// tell. The engine has validated the bytes before, so that a malformed module never comes here.
//
// Source: WebAssembly core specification, 5.5 (binary format of modules).

import { type Limits, Reader } from './wasm-reader.ts';

export interface FunctionType {
  /** `i32,i64` and so on. */
  readonly parameters: string;
  readonly results: string;
}

export interface Import {
  readonly module: string;
  readonly name: string;
  /** The type of a function; `undefined` for a memory, a table, a global or a tag. */
  readonly type: FunctionType | undefined;
}

export interface ModuleShape {
  readonly imports: readonly Import[];
  /** Exported functions by name. */
  readonly functions: ReadonlyMap<string, FunctionType>;
  /** Every memory, imported ones first. In pages of 64 KiB. */
  readonly memories: readonly Limits[];
  /** Which memory each name exports. */
  readonly exportedMemories: ReadonlyMap<string, number>;
}

const Section = { TYPE: 1, IMPORT: 2, FUNCTION: 3, MEMORY: 5, EXPORT: 7 } as const;
const Kind = { FUNCTION: 0, TABLE: 1, MEMORY: 2, GLOBAL: 3, TAG: 4 } as const;
/** @returns the shape, or `undefined` when the module has types that came after version 2 (GC). */
export function readModuleShape(bytes: Uint8Array): ModuleShape | undefined {
  const types: FunctionType[] = [];
  const imports: Import[] = [];
  const memories: Limits[] = [];
  const functionTypes: (FunctionType | undefined)[] = [];
  const functions = new Map<string, FunctionType>();
  const exportedMemories = new Map<string, number>();
  const reader = new Reader(bytes, 8);
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const section = reader.section();
    if (id === Section.TYPE) {
      for (let count = section.u32(); count > 0; count--) {
        // A plain function type; anything else (rec, sub, struct, array) is of the GC proposal.
        if (section.byte() !== 0x60) return undefined;
        types.push({ parameters: section.valueTypes(), results: section.valueTypes() });
      }
    } else if (id === Section.IMPORT) {
      for (let count = section.u32(); count > 0; count--) {
        imports.push(readImport(section, types, memories, functionTypes));
      }
    } else if (id === Section.FUNCTION) {
      for (let count = section.u32(); count > 0; count--) functionTypes.push(types[section.u32()]);
    } else if (id === Section.MEMORY) {
      for (let count = section.u32(); count > 0; count--) memories.push(section.limits());
    } else if (id === Section.EXPORT) {
      for (let count = section.u32(); count > 0; count--) {
        const name = section.name();
        const kind = section.byte();
        const index = section.u32();
        const type = functionTypes[index];
        if (kind === Kind.FUNCTION && type !== undefined) functions.set(name, type);
        if (kind === Kind.MEMORY) exportedMemories.set(name, index);
      }
    }
  }
  return { imports, functions, memories, exportedMemories };
}

function readImport(
  section: Reader,
  types: readonly FunctionType[],
  memories: Limits[],
  functionTypes: (FunctionType | undefined)[],
): Import {
  const module = section.name();
  const name = section.name();
  const kind = section.byte();
  let type: FunctionType | undefined;
  if (kind === Kind.FUNCTION) {
    type = types[section.u32()];
    functionTypes.push(type);
  } else if (kind === Kind.MEMORY) {
    memories.push(section.limits());
  } else if (kind === Kind.TABLE) {
    section.byte();
    section.limits();
  } else if (kind === Kind.GLOBAL) {
    section.byte();
    section.byte();
  } else {
    section.byte();
    section.u32();
  }
  return { module, name, type };
}

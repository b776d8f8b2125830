// Writes small modules for tests, byte by byte, so that a test shows what its guest is.
//
// Source: WebAssembly core specification, 5.5 (binary format of modules).

const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION = 0;
const MEMORY = 2;

/** `i32 i64 -> i32`. */
export type TypeText = string;

export interface ModuleText {
  /** `module.name` and its type. */
  readonly imports?: readonly (readonly [string, string, TypeText])[];
  /** Exported functions: their type and their instructions, without the final end. */
  readonly functions?: Readonly<Record<string, readonly [TypeText, readonly number[]]>>;
  /** Flags, minimum, and with flag 1 a maximum; exported as `memory` unless `memoryName` says else. */
  readonly memories?: readonly (readonly number[])[];
  readonly memoryName?: string;
  /** The function that runs at instantiation, by its export name. */
  readonly start?: string;
}

/** Builds a module. Without `memories` it has one of a page. */
export function wasm(text: ModuleText): Uint8Array {
  const { imports = [], functions = {}, memories = [[0, 1]], memoryName = 'memory' } = text;
  const names = Object.keys(functions);
  const types = [
    ...imports.map(([, , type]) => type),
    ...names.map((name) => functions[name]?.[0] ?? '->'),
  ];
  const exported = names.map((name, index) => [...string(name), FUNCTION, imports.length + index]);
  if (memories.length > 0) exported.push([...string(memoryName), MEMORY, 0]);
  const start = text.start === undefined ? -1 : names.indexOf(text.start);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types.map(typeBytes)),
    ...section(
      2,
      imports.map(([module, name], index) => [...string(module), ...string(name), FUNCTION, index]),
    ),
    ...section(
      3,
      names.map((_, index) => [imports.length + index]),
    ),
    ...section(
      5,
      memories.map((limits) => [...limits]),
    ),
    ...section(7, exported),
    ...(start === -1 ? [] : [8, 1, imports.length + start]),
    ...section(
      10,
      names.map((name) => body(functions[name]?.[1] ?? [])),
    ),
  ]);
}

/** Instructions that tests use. */
export const Op = {
  UNREACHABLE: [0x00],
  DROP: [0x1a],
  /** An endless loop. */
  LOOP: [0x03, 0x40, 0x0c, 0x00, 0x0b],
  i32: (value: number): number[] => [0x41, ...signed(value)],
  call: (index: number): number[] => [0x10, index],
} as const;

function section(id: number, items: readonly (readonly number[])[]): number[] {
  if (items.length === 0) return [];
  const bytes = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(bytes.length), ...bytes];
}

function typeBytes(text: TypeText): number[] {
  const [parameters = '', results = ''] = text.split('->');
  const list = (names: string): number[] => {
    const values = names.split(' ').filter(Boolean);
    return [values.length, ...values.map((name) => (name === 'i64' ? I64 : I32))];
  };
  return [0x60, ...list(parameters), ...list(results)];
}

function body(instructions: readonly number[]): number[] {
  const bytes = [0, ...instructions, 0x0b];
  return [...unsigned(bytes.length), ...bytes];
}

function string(text: string): number[] {
  const bytes = [...Buffer.from(text)];
  return [...unsigned(bytes.length), ...bytes];
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}

// Writes small modules for tests, byte by byte, so that a test shows what its guest is.
//
// Source: WebAssembly core specification, 5.5 (binary format of modules).

const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION = 0;
const TABLE = 1;
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
  /** Element type, flags, minimum and so on; exported as `table0`, `table1`. */
  readonly tables?: readonly (readonly number[])[];
  /** The types of the exceptions that it throws. */
  readonly tags?: readonly TypeText[];
  /** The function that runs at instantiation, by its export name. */
  readonly start?: string;
  /** What the memory holds at first: bytes, and where. */
  readonly data?: readonly (readonly [pointer: number, bytes: Iterable<number>])[];
  /** What stack traces call the functions, by their index. */
  readonly names?: readonly string[];
}

/** Builds a module. Without `memories` it has one of a page. */
export function wasm(text: ModuleText): Uint8Array {
  const { imports = [], functions = {}, memories = [[0, 1]], memoryName = 'memory' } = text;
  const { tables = [], tags = [], data = [] } = text;
  const debugNames = (text.names ?? []).map((name, index) => [...unsigned(index), ...string(name)]);
  const names = Object.keys(functions);
  const typeOf = (name: string): TypeText => functions[name]?.[0] ?? '->';
  // Each type once: `type` is its index.
  const types = new Set([...imports.map(([, , type]) => type), ...names.map(typeOf), ...tags]);
  const indexes = new Map([...types].map((type, index) => [type, unsigned(index)]));
  const type = (of: TypeText): number[] => indexes.get(of) ?? [];
  const exported = names.map((name, index) => [
    ...string(name),
    FUNCTION,
    ...unsigned(imports.length + index),
  ]);
  if (memories.length > 0) exported.push([...string(memoryName), MEMORY, 0]);
  tables.forEach((_, index) => exported.push([...string(`table${index}`), TABLE, index]));
  const start = text.start === undefined ? -1 : names.indexOf(text.start);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [...types].map(typeBytes)),
    ...section(
      2,
      imports.map(([module, name, of]) => [
        ...string(module),
        ...string(name),
        FUNCTION,
        ...type(of),
      ]),
    ),
    ...section(
      3,
      names.map((name) => type(typeOf(name))),
    ),
    ...section(4, tables),
    ...section(
      5,
      memories.map((limits) => [...limits]),
    ),
    ...section(
      13,
      tags.map((tag) => [0, ...type(tag)]),
    ),
    ...section(7, exported),
    ...(start === -1 ? [] : startSection(imports.length + start)),
    ...section(
      10,
      names.map((name) => body(functions[name]?.[1] ?? [])),
    ),
    ...section(
      11,
      data.map(([pointer, bytes]) => [0, ...Op.i32(pointer), 0x0b, ...vector([...bytes])]),
    ),
    // A custom section called "name"; its part 1 is a section in form.
    ...(debugNames.length === 0
      ? []
      : [0, ...vector([...string('name'), ...section(1, debugNames)])]),
  ]);
}

/** Instructions that tests use. `body`, `value` and so on are instructions, too. */
export const Op = {
  UNREACHABLE: [0x00],
  DROP: [0x1a],
  RETURN: [0x0f],
  OR: [0x72],
  ADD: [0x6a],
  SUB: [0x6b],
  DIVIDE: [0x6d],
  GROW: [0x40, 0],
  /** An endless loop. */
  LOOP: [0x03, 0x40, 0x0c, 0x00, 0x0b],
  i32: (value: number): number[] => [0x41, ...signed(BigInt(value | 0))],
  i64: (value: bigint): number[] => [0x42, ...signed(BigInt.asIntN(64, value))],
  call: (index: number): number[] => [0x10, ...unsigned(index)],
  load: (pointer: number): number[] => [...Op.i32(pointer), 0x28, 2, 0],
  store: (pointer: number, value: readonly number[]): number[] => [
    ...Op.i32(pointer),
    ...value,
    ...[0x36, 2, 0],
  ],
  /** Runs `body` again and again, until the i32 that it leaves is 0. */
  loopWhile: (body: readonly number[]): number[] => [0x03, 0x40, ...body, 0x0d, 0, 0x0b],
  /** Runs `body` for ever. */
  forever: (body: readonly number[]): number[] => [0x03, 0x40, ...body, 0x0c, 0, 0x0b],
  /** Runs `then` when `condition`, an i32, is not 0. */
  ifElse: (
    condition: readonly number[],
    then: readonly number[],
    otherwise: readonly number[],
  ): number[] => [...condition, 0x04, 0x40, ...then, 0x05, ...otherwise, 0x0b],
  /** Runs `handler` when `body` throws. Source: exception handling as V8 has it, the legacy form. */
  catchAll: (body: readonly number[], handler: readonly number[] = []): number[] => [
    ...[0x06, 0x40, ...body],
    ...[0x19, ...handler, 0x0b],
  ],
  throw: (tag: number): number[] => [0x08, tag],
} as const;

function section(id: number, items: readonly (readonly number[])[]): number[] {
  if (items.length === 0) return [];
  return [id, ...vector([...unsigned(items.length), ...items.flat()])];
}

function startSection(index: number): number[] {
  return [8, ...vector(unsigned(index))];
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
  return vector([0, ...instructions, 0x0b]);
}

function string(text: string): number[] {
  return vector([...Buffer.from(text)]);
}

/** Bytes behind their count. */
function vector(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128: how a module writes counts, indexes and limits. */
export function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: bigint): number[] {
  const low = Number(value & 127n);
  return value >= -64n && value < 64n ? [low] : [low | 128, ...signed(value >> 7n)];
}

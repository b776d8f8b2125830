// Takes a guest's module in: refuses what can't run with one line that names the reason, before a
// thread or a socket exists. Knows bytes only, so that it runs in a page as well.

import { PolluxError } from '../base/pollux-error.ts';
import { printableLine } from '../base/printable.ts';
import { IMPORT_TABLES } from '../wasi/import-tables.ts';
import { LimitExceeded, limitModule } from './limits.ts';
import { IS_SHARED } from './wasm-reader.ts';
import {
  type FunctionType,
  type Import,
  type ModuleShape,
  readModuleShape,
} from './wasm-sections.ts';

/** How a guest is run: a command by `_start`, a reactor by `_initialize`, then turn by turn. */
export type Entry = 'command' | 'reactor';

export interface GuestModule {
  /** The file's name, or `guest.wasm` for bytes. */
  readonly name: string;
  /** As given, before they were limited. */
  readonly bytes: Uint8Array;
  readonly module: WebAssembly.Module;
  readonly entry: Entry;
}

/** Of an import's name in a message. */
const NAME_LENGTH_MAX = 60;

/** By `module.name`. */
const TYPES = new Map(
  Object.entries(IMPORT_TABLES).flatMap(([module, signatures]) =>
    signatures.map(({ name, parameters, result }) => [
      `${module}.${name}`,
      {
        parameters: parameters.map(({ type }) => type).join(','),
        results: result === 'errno' ? 'i32' : '',
      },
    ]),
  ),
);

/**
 * Checks, limits and compiles a module.
 *
 * @param name what messages call it.
 * @param memoryBytesMax what its memory may grow to; as far as WebAssembly goes without it.
 * @throws PolluxError `MODULE_REFUSED` when it is no WebAssembly, imports what Pollux does not have,
 *   has no entry, no memory that can be used, or asks for more than its limits at the start.
 */
export async function loadModuleBytes(
  name: string,
  bytes: Uint8Array,
  memoryBytesMax?: number,
): Promise<GuestModule> {
  checkMagic(name, bytes);
  // Validated before it is taken apart, compiled once it is limited.
  if (!WebAssembly.validate(bytes)) await compile(name, bytes);
  const shape = readModuleShape(bytes);
  if (shape === undefined) {
    throw refused(
      name,
      'uses types of the garbage collection proposal, which preview1 has no use for',
    );
  }
  checkImports(name, shape.imports);
  checkMemory(name, shape);
  const entry = findEntry(name, shape);
  return { name, bytes, entry, module: await compile(name, limit(name, bytes, memoryBytesMax)) };
}

function checkMagic(name: string, bytes: Uint8Array): void {
  const [a, b, c, d, version, , layer] = bytes;
  if (a !== 0 || b !== 0x61 || c !== 0x73 || d !== 0x6d) {
    const isText = new TextDecoder().decode(bytes.subarray(0, 256)).trimStart().startsWith('(');
    throw refused(
      name,
      isText
        ? 'is WebAssembly text; translate it first, for example with wat2wasm'
        : 'is not WebAssembly: it does not begin with \\0asm',
    );
  }
  if (version !== 1 && layer === 1) {
    throw refused(
      name,
      'is a component; Pollux runs core modules of WASI preview1 (--target wasm32-wasip1)',
    );
  }
}

async function compile(name: string, bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const reason = (error as Error).message.replace(/^WebAssembly\.compile\(\): /, '');
    throw refused(name, `is not valid WebAssembly: ${reason}`, error);
  }
}

function limit(name: string, bytes: Uint8Array, memoryBytesMax: number | undefined): Uint8Array {
  try {
    return limitModule(bytes, memoryBytesMax);
  } catch (error) {
    if (error instanceof LimitExceeded) throw refused(name, error.message, error);
    throw error;
  }
}

function checkImports(name: string, imports: readonly Import[]): void {
  const unknown = imports.filter(
    (wanted) => wanted.type === undefined || typeOf(wanted) === undefined,
  );
  if (unknown.length > 0) {
    const names = unknown.slice(0, 5).map((wanted) => shown(`${wanted.module}.${wanted.name}`));
    const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : '';
    throw refused(
      name,
      `imports ${names.join(', ')}${more}, which Pollux does not have; docs/wasi-coverage.md lists what it has`,
    );
  }
  for (const wanted of imports) {
    const type = typeOf(wanted);
    if (type === undefined || wanted.type === undefined || isSameType(type, wanted.type)) continue;
    throw refused(
      name,
      `imports ${wanted.name} as ${typeText(wanted.type)}, but in ${wanted.module} it is ${typeText(type)}`,
    );
  }
}

/** What an import's type must be; undefined for one that Pollux does not have. */
function typeOf(wanted: Import): FunctionType | undefined {
  return TYPES.get(`${wanted.module}.${wanted.name}`);
}

function checkMemory(name: string, shape: ModuleShape): void {
  const index = shape.exportedMemories.get('memory');
  if (index === undefined) throw refused(name, 'exports no memory named "memory"');
  if (shape.memories.length > 1) throw refused(name, 'has more than one memory');
  if (((shape.memories[index]?.flags ?? 0) & IS_SHARED) !== 0) {
    throw refused(name, 'has a shared memory; compile it without threads');
  }
}

function findEntry(name: string, shape: ModuleShape): Entry {
  const start = shape.functions.get('_start');
  const initialize = shape.functions.get('_initialize');
  const turn = shape.functions.get('turn');
  if (start !== undefined && initialize !== undefined) {
    throw refused(name, 'exports both _start and _initialize; a module is a command or a reactor');
  }
  if (start !== undefined) {
    return expectType(name, '_start', start, { parameters: '', results: '' }, 'command');
  }
  if (turn === undefined) {
    throw refused(name, 'exports neither _start nor turn, so there is nothing to run');
  }
  if (initialize !== undefined) {
    expectType(name, '_initialize', initialize, { parameters: '', results: '' }, 'reactor');
  }
  return expectType(name, 'turn', turn, { parameters: 'i32', results: 'i32' }, 'reactor');
}

function expectType(
  name: string,
  exported: string,
  type: FunctionType,
  expected: FunctionType,
  entry: Entry,
): Entry {
  if (isSameType(type, expected)) return entry;
  throw refused(
    name,
    `exports ${exported} as ${typeText(type)}, but it must be ${typeText(expected)}`,
  );
}

/** A name of the module's choosing, fit for one line. */
function shown(name: string): string {
  const cut = name.length > NAME_LENGTH_MAX ? `${name.slice(0, NAME_LENGTH_MAX)}...` : name;
  return printableLine(cut);
}

function isSameType(a: FunctionType, b: FunctionType): boolean {
  return a.parameters === b.parameters && a.results === b.results;
}

function typeText(type: FunctionType): string {
  return `(${type.parameters}) -> (${type.results})`;
}

/** The error of a module that can't be run. */
export function refused(name: string, reason: string, cause?: unknown): PolluxError {
  return new PolluxError('MODULE_REFUSED', `${name} ${reason}`, { cause });
}

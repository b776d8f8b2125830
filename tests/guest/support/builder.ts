// What builds the guests, for tests that build them otherwise, and what a built module tells of itself.

export interface Compilation {
  readonly entry: string;
  readonly source: string | null;
  readonly target: string;
  readonly output: string;
}

interface Builder {
  compile(compilation: Compilation, extraArguments?: string[]): Promise<Uint8Array>;
  /** The command of a program, and its reactor when it turns. */
  modulesOf(program: string): Compilation[];
}

const url = new URL('../../../scripts/build-guests.mjs', import.meta.url).href;

/** scripts/build-guests.mjs. */
export const builder = (await import(url)) as Builder;

/** What WebAssembly.Module tells of a module; the types of the repository have only what host/ uses. */
const Reflection = WebAssembly.Module as unknown as {
  imports(module: WebAssembly.Module): { module: string; name: string }[];
  exports(module: WebAssembly.Module): { name: string }[];
};

/** The imports of a module as `module.name`, sorted. */
export function importsOf(bytes: Uint8Array): string[] {
  return Reflection.imports(new WebAssembly.Module(bytes))
    .map(({ module, name }) => `${module}.${name}`)
    .sort();
}

/** The names of a module's exports, sorted. */
export function exportsOf(bytes: Uint8Array): string[] {
  return Reflection.exports(new WebAssembly.Module(bytes))
    .map(({ name }) => name)
    .sort();
}

// The part of the WebAssembly JavaScript API that host/ uses. TypeScript has it only in its browser
// library, which would put a page's globals in scope of code that runs in Node.
//
// Source: WebAssembly JavaScript Interface, editor's draft.

declare namespace WebAssembly {
  type ExternalKind = 'function' | 'global' | 'memory' | 'table' | 'tag';

  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the API has it so
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: ExternalKind }[];
    static exports(module: Module): { name: string; kind: ExternalKind }[];
  }

  class Memory {
    constructor(limits: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    grow(pages: number): number;
  }

  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }

  class CompileError extends Error {}
  class RuntimeError extends Error {}
  /** What a guest throws by its own `throw`. No Error, and without a message. */
  class Exception {
    is(tag: unknown): boolean;
  }

  function validate(bytes: Uint8Array): boolean;
  function compile(bytes: Uint8Array): Promise<Module>;
}

// Records one guest: wraps its imports and its exports, and writes what they do as records. Where the
// records go is the business of who made it: see record.ts for memory, runtime/ for a file.

import { PolluxError } from '../base/pollux-error.ts';
import { IMPORT_TABLES, type ImportTables } from '../wasi/import-tables.ts';
import { Opcode, type Value, ValueTag } from './format.ts';
import { ImportRecorder } from './import-recorder.ts';
import { type BlockSource, RecordWriter } from './record-writer.ts';
import {
  functionsOf,
  type HostFunction,
  type ImportObject,
  replaceFunctions,
} from './signature-table.ts';

const PAGE_BYTES = 65_536;

export interface RecorderOptions {
  /** Of the functions that are recorded. By default what Pollux offers. */
  readonly signatures?: ImportTables;
  /** Milliseconds from any start on, for the times in the recording. By default performance.now. */
  readonly clock?: () => number;
}

export class Recorder {
  /** For `WebAssembly.Instance`, in the place of those that were given. */
  readonly imports: Record<string, Record<string, unknown>>;
  /** `module.name` of each, by its number in the records. */
  readonly functionNames: readonly string[];
  readonly #writer: RecordWriter;
  readonly #imports: ImportRecorder;

  /** @throws PolluxError `CANNOT_RECORD` when a function of `imports` has no signature. */
  constructor(imports: ImportObject, blocks: BlockSource, options: RecorderOptions = {}) {
    const functions = functionsOf(imports, options.signatures ?? IMPORT_TABLES);
    if (functions.length > Opcode.FIRST) {
      throw new PolluxError(
        'CANNOT_RECORD',
        `${functions.length} imports are more than a recording can number, ${Opcode.FIRST}`,
      );
    }
    this.#writer = new RecordWriter(blocks);
    // The global is a getter of Node's: asked once.
    const { performance } = globalThis;
    const clock = options.clock ?? (() => performance.now());
    this.#imports = new ImportRecorder(this.#writer, clock);
    this.functionNames = functions.map(({ module, name }) => `${module}.${name}`);
    const wrapped = functions.map((each, index) => this.#imports.wrap(each, index));
    this.imports = replaceFunctions(imports, functions, wrapped);
  }

  /** Why the recording ended before the guest did: what it did can't be recorded. */
  get failure(): Error | undefined {
    return this.#imports.failure;
  }

  /**
   * Tells the recorder the guest's memory.
   *
   * @returns the instance's exports, the functions recorded: call those.
   * @throws PolluxError `CANNOT_RECORD` when there is no memory, or one that threads share.
   */
  attach(instance: WebAssembly.Instance): Record<string, unknown> {
    const memory = instance.exports['memory'];
    if (!(memory instanceof WebAssembly.Memory)) {
      throw new PolluxError('CANNOT_RECORD', 'the guest exports no memory named "memory"');
    }
    if (!(memory.buffer instanceof ArrayBuffer)) {
      throw new PolluxError(
        'CANNOT_RECORD',
        "the guest's memory is shared: what other threads write to it would be missing",
      );
    }
    this.#imports.watch(memory);
    return Object.fromEntries(
      Object.entries(instance.exports).map(([name, exported]) => [
        name,
        typeof exported === 'function'
          ? this.#wrapExport(name, exported as HostFunction)
          : exported,
      ]),
    );
  }

  /** Writes the end, with the memory as it is now. Nothing is recorded after it. */
  finish(): void {
    const writer = this.#writer;
    if (writer.hasEnded) return;
    writer.reserve(16);
    const memory = this.#imports.freshMemory();
    const hash = this.#imports.hashMemory();
    if (memory === undefined || hash === undefined) {
      writer.byte(Opcode.END_WITHOUT_MEMORY);
    } else {
      writer.byte(Opcode.END);
      writer.varint(memory.lengthBytes / PAGE_BYTES);
      writer.u32(parseInt(hash.slice(0, 8), 16));
      writer.u32(parseInt(hash.slice(8), 16));
    }
    writer.publish();
    writer.end();
  }

  // ---- exports ----------------------------------------------------------------------------------

  #wrapExport(name: string, body: HostFunction): HostFunction {
    return (...parameters) => {
      if (this.#writer.hasEnded) return body(...parameters);
      if (this.#imports.isInImport) {
        throw new PolluxError(
          'CANNOT_RECORD',
          `${name} was called by an import, and such calls can not be replayed`,
        );
      }
      this.#enter(name, parameters);
      let value: unknown;
      try {
        value = body(...parameters);
      } catch (error) {
        this.#leave(error === this.#imports.unwinding ? Opcode.UNWOUND : Opcode.TRAPPED, undefined);
        throw error;
      }
      this.#leave(Opcode.RETURNED, value as Value | undefined);
      return value;
    };
  }

  #enter(name: string, parameters: readonly Value[]): void {
    this.#writer.reserve(16);
    this.#writer.byte(Opcode.ENTER);
    this.#writer.text(name);
    this.#writeValues(parameters);
    this.#writer.publish();
  }

  #leave(opcode: number, value: Value | undefined): void {
    this.#imports.isInImport = false;
    this.#writer.reserve(16);
    this.#writer.byte(opcode);
    if (opcode === Opcode.RETURNED) this.#writeValues(value === undefined ? [] : [value]);
    this.#writer.publish();
  }

  #writeValues(values: readonly Value[]): void {
    const writer = this.#writer;
    writer.reserve(8);
    writer.varint(values.length);
    for (const value of values) {
      writer.reserve(16);
      if (typeof value === 'bigint') {
        writer.byte(ValueTag.I64);
        writer.i64(BigInt.asIntN(64, value));
      } else if (Object.is(value, value | 0)) {
        writer.byte(ValueTag.I32);
        writer.signed(value);
      } else {
        writer.byte(ValueTag.F64);
        writer.f64(value);
      }
    }
  }
}

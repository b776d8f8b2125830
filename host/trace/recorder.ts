// Records one guest: wraps its imports and its exports, and writes what they do as records. Where the
// records go is the business of who made it: see record.ts for memory, runtime/ for a file.

import { PolluxError } from '../base/pollux-error.ts';
import { IMPORT_TABLES, type ImportTables } from '../wasi/import-tables.ts';
import { GuestMemory } from '../wasi/memory.ts';
import { CallRecorder, type Watched } from './call-recorder.ts';
import { Opcode, UNWOUND, type Value, ValueTag } from './format.ts';
import { Hasher } from './hash.ts';
import { type BlockSource, RecordWriter } from './record-writer.ts';
import {
  functionsOf,
  type HostFunction,
  type ImportedFunction,
  type ImportObject,
  replaceFunctions,
} from './signature-table.ts';

/** Calls that may take long: the time is noted after them, and the others' is at most as old. */
const TIMED: readonly string[] = ['poll_oneoff', 'epoll_wait', 'sock_accept'];

const RESULT_MAX = UNWOUND - 1;
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
  readonly #clock: () => number;
  #watched: Watched | undefined;
  #isInImport = false;
  #unwinding: unknown;
  #notedUs = 0;
  readonly #startMs: number;
  #failure: Error | undefined;

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
    this.#clock = options.clock ?? (() => performance.now());
    this.#startMs = this.#clock();
    this.functionNames = functions.map(({ module, name }) => `${module}.${name}`);
    const wrapped = functions.map((each, index) => this.#wrapImport(each, index));
    this.imports = replaceFunctions(imports, functions, wrapped);
  }

  /** Why the recording ended before the guest did: what it did can't be recorded. */
  get failure(): Error | undefined {
    return this.#failure;
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
    this.#watched = { memory: new GuestMemory(memory), hasher: new Hasher(memory) };
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
    if (this.#watched === undefined) {
      writer.byte(Opcode.END_WITHOUT_MEMORY);
    } else {
      const { memory, hasher } = this.#watched;
      if (memory.isStale) memory.refresh();
      writer.byte(Opcode.END);
      writer.varint(memory.buffer.byteLength / PAGE_BYTES);
      const hash = hasher.hashMemory();
      writer.u32(parseInt(hash.slice(0, 8), 16));
      writer.u32(parseInt(hash.slice(8), 16));
    }
    writer.publish();
    writer.end();
  }

  // ---- imports ----------------------------------------------------------------------------------

  #wrapImport({ name, body, signature }: ImportedFunction, number: number): HostFunction {
    const call = new CallRecorder(number, signature, this.#writer);
    const isTimed = TIMED.includes(name);
    const isNarrow = call.parameters === call.words && signature.parameters.length <= 7;
    const { words } = call;
    const writer = this.#writer;
    // One shape for all of up to seven i32; what a function does not have is 0.
    const narrow = (
      a: number,
      b: number,
      c: number,
      d: number,
      e: number,
      f: number,
      g: number,
    ): unknown => {
      if (writer.hasEnded) return body(a, b, c, d, e, f, g);
      words[0] = a | 0;
      words[1] = b | 0;
      words[2] = c | 0;
      words[3] = d | 0;
      words[4] = e | 0;
      words[5] = f | 0;
      words[6] = g | 0;
      this.#before(call, isTimed);
      let result: unknown;
      try {
        result = body(a, b, c, d, e, f, g);
      } catch (error) {
        this.#unwinding = error;
        this.#after(call, UNWOUND, isTimed);
        throw error;
      }
      this.#after(call, result, isTimed);
      return result;
    };
    const wide: HostFunction = (...parameters) => {
      if (this.#writer.hasEnded) return body(...parameters);
      call.take(parameters);
      this.#before(call, isTimed);
      let result: unknown;
      try {
        result = body(...parameters);
      } catch (error) {
        this.#unwinding = error;
        this.#after(call, UNWOUND, isTimed);
        throw error;
      }
      this.#after(call, result, isTimed);
      return result;
    };
    return isNarrow ? (narrow as HostFunction) : wide;
  }

  #before(call: CallRecorder, isTimed: boolean): void {
    this.#isInImport = true;
    // It may sleep for long: who kills the process then shall find everything before it.
    if (isTimed) this.#writer.publish();
    const memory = this.#watched?.memory;
    if (memory === undefined) return;
    // A memory that grew has left its views empty: quicker to see than that its buffer is another.
    if (memory.bytes.length === 0) memory.refresh();
    call.before(memory);
  }

  #after(call: CallRecorder, result: unknown, isTimed: boolean): void {
    this.#isInImport = false;
    if (isTimed) this.#noteTime();
    const answer = result === undefined ? 0 : (result as number);
    try {
      if (answer !== UNWOUND && !(answer >= 0 && answer <= RESULT_MAX)) {
        throw new TypeError(`an import answered ${String(result)}, which is no errno`);
      }
      if (this.#watched !== undefined) call.after(answer, this.#watched);
      else if (answer === UNWOUND) call.afterWithoutMemory();
      else throw new TypeError('an import was called before the memory was known');
    } catch (error) {
      // A recording that would not replay is ended; its guest is not.
      this.#failure = error as Error;
      this.#writer.end();
    }
  }

  #noteTime(): void {
    const nowUs = Math.round((this.#clock() - this.#startMs) * 1000);
    const passedUs = nowUs - this.#notedUs;
    if (passedUs <= 0) return;
    this.#notedUs = nowUs;
    this.#writer.reserve(16);
    this.#writer.byte(Opcode.TIME);
    this.#writer.varint(Math.min(passedUs, 0xffff_ffff));
  }

  // ---- exports ----------------------------------------------------------------------------------

  #wrapExport(name: string, body: HostFunction): HostFunction {
    return (...parameters) => {
      if (this.#writer.hasEnded) return body(...parameters);
      if (this.#isInImport) {
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
        this.#leave(error === this.#unwinding ? Opcode.UNWOUND : Opcode.TRAPPED, undefined);
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
    this.#isInImport = false;
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

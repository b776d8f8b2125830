// Records the calls of one guest's imports: what goes around each of them.

import { IMPORT_TABLES } from '../wasi/import-tables.ts';
import { GuestMemory } from '../wasi/memory.ts';
import { MODULE_NAME } from '../wasi/signatures.ts';
import { CallRecorder } from './call-recorder.ts';
import { Opcode, UNWOUND } from './format.ts';
import { type Hash, Hasher } from './hash.ts';
import { recordReceive, recordSend } from './message-recorders.ts';
import { recordPoll } from './poll-recorder.ts';
import type { RecordWriter } from './record-writer.ts';
import { findSignature, type HostFunction, type ImportedFunction } from './signature-table.ts';

/** Calls that may take long: the time is noted after them, and the others' is at most as old. */
const TIMED: readonly string[] = ['poll_oneoff', 'epoll_wait', 'sock_accept'];

const RESULT_MAX = UNWOUND - 1;

/** So many arguments, of 32 bits each, has a function that is recorded by `#narrow`, at most. */
const NARROW_COUNT_MAX = 7;

const POLL_ONEOFF = findSignature(IMPORT_TABLES, MODULE_NAME, 'poll_oneoff');
const SOCK_RECV = findSignature(IMPORT_TABLES, MODULE_NAME, 'sock_recv');
const SOCK_SEND = findSignature(IMPORT_TABLES, MODULE_NAME, 'sock_send');

export class ImportRecorder {
  readonly writer: RecordWriter;
  /** As it was when it was looked at last; undefined until it is known. */
  memory: GuestMemory | undefined;
  /** Of bytes in the memory, 32 bits signed; known with it. Assigned once: V8 compiles it in. */
  hash!: Hash;
  isInImport = false;
  /** What the import that was left last threw. */
  unwinding: unknown;
  /** Why the recording ended before the guest did: what it did can't be recorded. */
  failure: Error | undefined;
  #hasher: Hasher | undefined;
  readonly #clock: () => number;
  readonly #startMs: number;
  #notedUs = 0;

  /** @param clock milliseconds from any start on. */
  constructor(writer: RecordWriter, clock: () => number) {
    this.writer = writer;
    this.#clock = clock;
    this.#startMs = clock();
  }

  /** @param number of the function in the records. @returns the function, recorded */
  wrap({ name, body, signature }: ImportedFunction, number: number): HostFunction {
    const call = new CallRecorder(number, signature, this.writer);
    const isTimed = TIMED.includes(name);
    const isNarrow =
      call.parameters === call.words && signature.parameters.length <= NARROW_COUNT_MAX;
    if (!isNarrow) return this.#wide(call, body, isTimed);
    const narrow = this.#narrow(call, body, isTimed);
    if (signature === POLL_ONEOFF) return recordPoll(call, this, body, narrow) as HostFunction;
    if (signature === SOCK_RECV) return recordReceive(call, this, body, narrow) as HostFunction;
    if (signature === SOCK_SEND) return recordSend(call, this, body, narrow) as HostFunction;
    return narrow;
  }

  /** The memory is known. @throws PolluxError as {@link Hasher} does. */
  watch(memory: WebAssembly.Memory): void {
    this.#hasher = new Hasher(memory);
    this.hash = this.#hasher.hashSigned;
    this.memory = new GuestMemory(memory);
  }

  /** As it is before a call. @returns undefined when nothing is to be recorded, or not known yet */
  freshMemory(): GuestMemory | undefined {
    const { memory } = this;
    if (memory === undefined || this.writer.hasEnded) return undefined;
    // A memory that grew has left its views empty: quicker to see than that its buffer is another.
    if (memory.isStale) memory.refresh();
    return memory;
  }

  /** All of the memory. @returns undefined when it is not known */
  hashMemory(): string | undefined {
    return this.#hasher?.hashMemory();
  }

  /** A call begins that may sleep: who kills the process then shall find everything before it. */
  beginLong(): void {
    this.isInImport = true;
    this.writer.publish();
  }

  /** A call has come back. */
  after(call: CallRecorder, result: unknown): void {
    this.isInImport = false;
    const answer = result === undefined ? 0 : (result as number);
    try {
      if (answer !== UNWOUND && !(answer >= 0 && answer <= RESULT_MAX)) {
        throw new TypeError(`an import answered ${String(result)}, which is no errno`);
      }
      const memory = this.memory;
      const hasher = this.#hasher;
      if (memory !== undefined && hasher !== undefined) call.after(answer, memory, hasher);
      else if (answer === UNWOUND) call.afterWithoutMemory();
      else throw new TypeError('an import was called before the memory was known');
    } catch (error) {
      // A recording that would not replay is ended; its guest is not.
      this.failure = error as Error;
      this.writer.end();
    }
  }

  /** A call was left by what it threw. */
  unwind(call: CallRecorder, error: unknown): void {
    this.unwinding = error;
    this.after(call, UNWOUND);
  }

  /** Notes the time, if it has passed since it was noted last. */
  noteTime(): void {
    const nowUs = Math.round((this.#clock() - this.#startMs) * 1000);
    const passedUs = nowUs - this.#notedUs;
    if (passedUs <= 0) return;
    this.#notedUs = nowUs;
    this.writer.reserve(16);
    this.writer.byte(Opcode.TIME);
    this.writer.varint(Math.min(passedUs, 0xffff_ffff));
  }

  /** One shape for all of a few i32; what a function does not have is 0. */
  #narrow(call: CallRecorder, body: HostFunction, isTimed: boolean): HostFunction {
    const { words } = call;
    const { writer } = this;
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
        if (isTimed) this.noteTime();
        this.unwind(call, error);
        throw error;
      }
      if (isTimed) this.noteTime();
      this.after(call, result);
      return result;
    };
    return narrow as HostFunction;
  }

  #wide(call: CallRecorder, body: HostFunction, isTimed: boolean): HostFunction {
    return (...parameters) => {
      if (this.writer.hasEnded) return body(...parameters);
      call.take(parameters);
      this.#before(call, isTimed);
      let result: unknown;
      try {
        result = body(...parameters);
      } catch (error) {
        if (isTimed) this.noteTime();
        this.unwind(call, error);
        throw error;
      }
      if (isTimed) this.noteTime();
      this.after(call, result);
      return result;
    };
  }

  #before(call: CallRecorder, isTimed: boolean): void {
    if (isTimed) this.beginLong();
    else this.isInImport = true;
    const memory = this.freshMemory();
    if (memory !== undefined) call.before(memory);
  }
}

// Guests that make a list of calls and tell what came of them: each call's errno is kept in memory,
// and at the end all of the memory goes to standard output. So what a call wrote, and that it wrote
// nothing else, is seen to the byte.
//
//     page 0     16 the report's iovec | 28 its result | 32 a counter | 64 answers | 1024 the row's

import { ALL_SIGNATURES, moduleOf } from '../support/functions.ts';
import { Op, type TypeText, unsigned, wasm } from '../support/wasm.ts';

export const PAGE_BYTES = 65536;
/** Where rows have their results, lists and buffers. */
export const RESULT = 1024;
export const RESULT2 = 1040;
export const IOVECS = 2048;
export const BUFFER = 4096;
export const LIST = 8192;
export const EVENTS = 32768;

const REPORT_IOVEC = 16;
const REPORT_COUNT = 28;
const COUNTER = 32;
const ANSWERS = 64;
const ANSWER_COUNT_MAX = (RESULT - ANSWERS) / 4;
const REPORT_BYTES_MAX = 96 * PAGE_BYTES;
const STDOUT = 1;

/** A word of the memory, as it is when the call is made. */
export interface Word {
  readonly at: number;
}

/** A guest that makes calls, and the memory that it starts with. */
export interface StepsText {
  readonly steps: readonly Step[];
  readonly data?: readonly (readonly [pointer: number, bytes: Iterable<number>])[];
  /** Of memory, at the start. */
  readonly pages?: number;
  /** The descriptor that is standard output when the steps are done. */
  readonly reportFd?: number;
}

/** One thing that a guest does. Those with an answer leave an i32. */
export interface Step {
  readonly imports: readonly string[];
  readonly isAnswered: boolean;
  /** @param index of an import among those of the module. */
  readonly code: (index: (name: string) => number) => number[];
}

/** The types of the imports, as wasm has them. */
const TYPES = new Map<string, TypeText>(
  ALL_SIGNATURES.map(({ name, parameters, result }) => [
    name,
    `${parameters.map(({ type }) => type).join(' ')} -> ${result === 'errno' ? 'i32' : ''}`,
  ]),
);

/** Calls an import. The answer is its errno. */
export function call(name: string, ...parameters: (number | bigint | Word)[]): Step {
  return {
    imports: [name],
    isAnswered: TYPES.get(name)?.endsWith('i32') ?? false,
    code: (index) => [...parameters.flatMap(argument), ...Op.call(index(name))],
  };
}

/** Grows the memory. The answer is what memory.grow answers: the pages before, or -1. */
export function grow(pages: number): Step {
  return { imports: [], isAnswered: true, code: () => [...Op.i32(pages), ...Op.GROW] };
}

/** Copies a word of the memory. */
export function copy(to: number, from: number): Step {
  return { imports: [], isAnswered: false, code: () => Op.store(to, Op.load(from)) };
}

/** Repeats a step. The answer is all its answers, or'ed. Not for steps that repeat themselves. */
export function repeat(count: number, step: Step): Step {
  const { imports, isAnswered } = step;
  return {
    imports,
    isAnswered,
    code: (index) => {
      const once = step.code(index);
      // The answer so far lies in the counter's next word.
      const kept = isAnswered
        ? Op.store(COUNTER + 4, [...once, ...Op.load(COUNTER + 4), ...Op.OR])
        : once;
      return [
        ...Op.store(COUNTER + 4, Op.i32(0)),
        ...Op.store(COUNTER, Op.i32(count)),
        ...Op.loopWhile([
          ...kept,
          ...Op.store(COUNTER, [...Op.load(COUNTER), ...Op.i32(1), ...Op.SUB]),
          ...Op.load(COUNTER),
        ]),
        ...(isAnswered ? Op.load(COUNTER + 4) : []),
        ...Op.store(COUNTER + 4, Op.i32(0)),
      ];
    },
  };
}

/** An import as a module has it. */
export function wasiImport(name: string): readonly [string, string, TypeText] {
  return [moduleOf(name), name, TYPES.get(name) ?? '->'];
}

/** The module of a guest that makes the calls and reports. */
export function stepsGuest(text: StepsText): Uint8Array {
  const { steps, reportFd = STDOUT } = text;
  const names = [...new Set(['fd_write', ...steps.flatMap(({ imports }) => imports)])];
  const index = (name: string): number => names.indexOf(name);
  const answered = steps.filter(({ isAnswered }) => isAnswered);
  if (answered.length > ANSWER_COUNT_MAX) throw new Error('more steps than there is room for');
  const code = steps.flatMap((step) => {
    const one = step.code(index);
    return step.isAnswered ? Op.store(ANSWERS + 4 * answered.indexOf(step), one) : one;
  });
  const report = call('fd_write', reportFd, REPORT_IOVEC, 1, REPORT_COUNT).code(index);
  return wasm({
    imports: names.map(wasiImport),
    functions: { _start: ['->', [...code, ...report, ...Op.DROP]] },
    memories: [[0, ...unsigned(text.pages ?? 1)]],
    data: [[REPORT_IOVEC, words(0, reportBytes(text))], ...(text.data ?? [])],
  });
}

/**
 * What the guest of {@link stepsGuest} reports when its calls answer `answers` and write `written`.
 * A byte below 0 stands for any byte.
 */
export function expectedReport(
  text: StepsText,
  answers: readonly number[],
  written: readonly (readonly [pointer: number, bytes: Iterable<number>])[],
): Int16Array {
  const memory = new Int16Array(reportBytes(text));
  const regions = [
    [REPORT_IOVEC, words(0, reportBytes(text))] as const,
    ...(text.data ?? []),
    [ANSWERS, words(...answers)] as const,
    ...written,
  ];
  for (const [pointer, bytes] of regions) {
    if (pointer < memory.length) memory.set([...bytes], pointer);
  }
  return memory;
}

/** Where the report differs from what is expected: a line, or undefined. */
export function reportDifference(report: Uint8Array, expected: Int16Array): string | undefined {
  if (report.length !== expected.length) {
    return `it reported ${report.length} bytes of memory, not ${expected.length}`;
  }
  for (let at = 0; at < expected.length; at++) {
    const byte = expected[at] as number;
    if (byte < 0 || byte === report[at]) continue;
    if (at >= ANSWERS && at < RESULT) {
      const step = (at - ANSWERS) >> 2;
      const view = new DataView(report.buffer, report.byteOffset);
      const answer = view.getUint32(ANSWERS + 4 * step, true);
      return `answer ${step} (from 0) is ${answer}, and its byte ${at & 3} should be ${byte}`;
    }
    return `the byte at ${at} is ${report[at]}, not ${byte}`;
  }
  return undefined;
}

/** Little-endian words, as bytes. */
export function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function reportBytes({ pages = 1 }: StepsText): number {
  return Math.min(pages * PAGE_BYTES, REPORT_BYTES_MAX);
}

function argument(value: number | bigint | Word): number[] {
  if (typeof value === 'number') return Op.i32(value);
  return typeof value === 'bigint' ? Op.i64(value) : Op.load(value.at);
}

// What a kernel was asked and what it answered: a hash of all of it, by which two runs are compared,
// and the last calls as text. Bytes that moved are in the hash, and begin in the text.
//
//     row, 5 words:  | call | first argument | second argument | result | bytes kept |

import { errnoName } from '../../base/errno.ts';
import { NS_PER_MS } from '../../base/units.ts';
import { handleIndex } from '../kernel.ts';

/** How many calls the text holds; earlier ones are in the hash alone. */
export const TRACE_CALLS_MAX = 100_000;
const WORDS = 5;
/** How much of the bytes that moved the text shows. */
const PREVIEW_BYTES = 24;

/** How a call is written: a letter for each argument, and one for the result. h: a handle. */
const CALLS = [
  ['open', '', 'h'],
  ['bind', 'h', 'n'],
  ['listen', 'hn', 'n'],
  ['connect', 'h', 'n'],
  ['accept', 'h', 'h'],
  ['recv', 'hn', 'n'],
  ['send', 'hn', 'n'],
  ['shutdown', 'hn', 'n'],
  ['close', 'h', 'n'],
  ['dup', 'h', 'h'],
  ['takeError', 'h', 'n'],
  ['setOption', 'hn', 'n'],
  ['stopQueueing', 'h', 'n'],
  ['openStdio', 'n', 'h'],
  ['read', 'hn', 'n'],
  ['write', 'hn', 'n'],
  ['openSet', '', 'n'],
  ['watch', 'hn', 'n'],
  ['unwatch', 'h', 'n'],
  ['wait', 'n', 'n'],
  ['waitFew', 'n', 'n'],
  ['clockTime', 'n', 'n'],
  ['random', 'n', 'n'],
  ['getOption', 'hn', 'n'],
] as const;

/** The name of a call, as {@link TraceLog} and injected errors have it. */
export type CallName = (typeof CALLS)[number][0];
export const CALL_NAMES: readonly CallName[] = CALLS.map(([name]) => name);

export class TraceLog {
  /** All calls so far. */
  callCount = 0;
  #low = 0x811c_9dc5;
  #high = 0x9e37_79b9;
  #capacity = 256;
  #words = new Int32Array(this.#capacity * WORDS);
  #times = new Float64Array(this.#capacity);
  #previews = new Uint8Array(this.#capacity * PREVIEW_BYTES);

  /** Notes a call. `bytes` from `at` on, `count` of them, are what moved. */
  note(
    timeNs: number,
    call: number,
    first: number,
    second: number,
    result: number,
    bytes?: Uint8Array,
    at = 0,
    count = 0,
  ): void {
    if (this.callCount >= this.#capacity && this.#capacity < TRACE_CALLS_MAX) this.#grow();
    const row = this.callCount % this.#capacity;
    this.callCount++;
    const words = this.#words;
    words[row * WORDS] = call;
    words[row * WORDS + 1] = first;
    words[row * WORDS + 2] = second;
    words[row * WORDS + 3] = result;
    this.#times[row] = timeNs;
    this.#mix(call);
    this.#mix(first);
    this.#mix(second);
    this.#mix(result);
    this.#mix(timeNs | 0);
    const kept = Math.min(count, PREVIEW_BYTES);
    words[row * WORDS + 4] = kept;
    if (bytes === undefined) return;
    const preview = row * PREVIEW_BYTES;
    for (let index = 0; index < kept; index++) {
      this.#previews[preview + index] = bytes[at + index] as number;
    }
    this.#mixBytes(bytes, at, count);
  }

  /** Of everything that was noted: sixteen hexadecimal digits. */
  get hash(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }

  /** The first half of the {@link hash}, as a number: for who compares it often. */
  get hashHigh(): number {
    return this.#high;
  }

  /** The second half. */
  get hashLow(): number {
    return this.#low;
  }

  /** The calls that are kept, a line each: `0.005000 recv(h1, 4096) = 6 "Hello\n"`. */
  text(): string {
    const firstCall = Math.max(0, this.callCount - this.#capacity);
    const lines = firstCall === 0 ? [] : [`... ${firstCall} calls before`];
    for (let call = firstCall; call < this.callCount; call++) {
      lines.push(this.#line(call % this.#capacity));
    }
    return lines.join('\n') + (lines.length > 0 ? '\n' : '');
  }

  #line(row: number): string {
    const [call, first, second, result, kept] = this.#words.subarray(row * WORDS) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    const [name, kinds, resultKind] = CALLS[call] as (typeof CALLS)[number];
    const show = (kind: string | undefined, value: number): string =>
      kind === 'h' && value >= 0 ? `h${handleIndex(value)}` : String(value);
    const shown = [first, second].slice(0, kinds.length).map((value, at) => show(kinds[at], value));
    const answer = result < 0 ? `-${errnoName(-result)}` : show(resultKind, result);
    const preview = this.#previews.subarray(row * PREVIEW_BYTES, row * PREVIEW_BYTES + kept);
    const ends = result > PREVIEW_BYTES && kept > 0 ? '...' : '';
    const bytes = kept > 0 ? ` ${JSON.stringify(String.fromCharCode(...preview))}${ends}` : '';
    const time = ((this.#times[row] as number) / NS_PER_MS).toFixed(6);
    return `${time} ${name}(${shown.join(', ')}) = ${answer}${bytes}`;
  }

  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x0100_0193);
    this.#high = Math.imul(this.#high ^ (word + (this.#low >>> 15)), 0x85eb_ca6b);
  }

  #mixBytes(bytes: Uint8Array, at: number, count: number): void {
    let low = this.#low;
    for (let index = at; index < at + count; index++) {
      low = Math.imul(low ^ (bytes[index] as number), 0x0100_0193);
    }
    this.#low = low;
    this.#mix(count);
  }

  #grow(): void {
    this.#capacity = Math.min(2 * this.#capacity, TRACE_CALLS_MAX);
    const [words, times, previews] = [this.#words, this.#times, this.#previews];
    this.#words = new Int32Array(this.#capacity * WORDS);
    this.#times = new Float64Array(this.#capacity);
    this.#previews = new Uint8Array(this.#capacity * PREVIEW_BYTES);
    this.#words.set(words);
    this.#times.set(times);
    this.#previews.set(previews);
  }
}

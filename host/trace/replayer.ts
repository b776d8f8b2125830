// The imports of a replay: each answers what the recording says, writes what it wrote, and stops at the
// first call that is not the recorded one.

import type { PolluxError } from '../base/pollux-error.ts';
import { GuestMemory } from '../wasi/memory.ts';
import { CallRegions, type Place } from '../wasi/regions.ts';
import type { Signature } from '../wasi/signature.ts';
import { hashSent } from './call-recorder.ts';
import { differs, formatGuestCall, formatSent } from './differences.ts';
import type { EntryReader } from './entry-reader.ts';
import { type Call, type Entry, UNWOUND } from './format.ts';
import type { Hasher } from './hash.ts';
import { type CallObserver, unsignedValues } from './observer.ts';
import type { Recording } from './recording.ts';
import type { HostFunction } from './signature-table.ts';

/** Fewer are quicker byte by byte than by a call of the engine. */
const FEW_BYTES = 32;

/** Thrown through the guest when its replay stops, and by a call that was unwound. */
export class ReplayUnwinding extends Error {
  override readonly name = 'ReplayUnwinding';
}

/** Why calls are not answered any more. */
export type Stop =
  | { readonly why: 'records ended' }
  | { readonly why: 'until' }
  | { readonly why: 'differs'; readonly error: PolluxError };

export interface ReplayerOptions {
  /** By default `everything`; see {@link ReplayOptions.compare}. */
  readonly compare?: 'everything' | 'calls';
  readonly observer?: CallObserver;
  /** Stops when this call has been answered. */
  readonly untilCall?: number;
}

interface ReplayedFunction {
  readonly signature: Signature & { readonly module: string };
  readonly number: number;
  readonly regions: CallRegions;
  /** The arguments of the call under way: an i64 is two words, the low one first. */
  readonly words: Int32Array;
  /** By the index of the parameter; of an i64 the low word. */
  readonly parameters: Int32Array;
}

export class Replayer {
  readonly imports: Record<string, Record<string, HostFunction>> = {};
  readonly #recording: Recording;
  readonly #entries: EntryReader;
  readonly #options: ReplayerOptions;
  /** The guest's memory, looked at from outside. */
  #watched: { readonly memory: GuestMemory; readonly hasher: Hasher } | undefined;
  #ahead: Entry | undefined;
  /** How many calls were answered. */
  callCount = 0;
  /** When the last of them was, as far as that is known, in microseconds from the start. */
  timeUs = 0;
  stop: Stop | undefined;
  /** What the last unwound call threw. */
  unwinding: unknown;

  constructor(recording: Recording, options: ReplayerOptions) {
    this.#recording = recording;
    this.#entries = recording.entries();
    this.#options = options;
    recording.functions.forEach((signature, number) => {
      const regions = new CallRegions(signature);
      const module = (this.imports[signature.module] ??= {});
      const words = new Int32Array(2 * signature.parameters.length);
      const parameters = new Int32Array(signature.parameters.length);
      const replayed = { signature, number, regions, words, parameters };
      module[signature.name] = (...values) => this.#call(replayed, values);
    });
  }

  watch(memory: WebAssembly.Memory, hasher: Hasher): void {
    this.#watched = { memory: new GuestMemory(memory), hasher };
  }

  /** The next record, which stays the next. */
  peek(): Entry | undefined {
    this.#ahead ??= this.#entries.next();
    return this.#ahead;
  }

  /** Takes the next record. */
  take(): Entry | undefined {
    const entry = this.peek();
    this.#ahead = undefined;
    return entry;
  }

  // ---- a call -----------------------------------------------------------------------------------

  #call(replayed: ReplayedFunction, values: readonly (number | bigint)[]): number {
    // A guest may catch what is thrown at it; it gets no further all the same.
    if (this.stop !== undefined) throw new ReplayUnwinding('the replay has stopped');
    const entry = this.#next();
    if (entry === undefined) return this.#end({ why: 'records ended' });
    takeArguments(replayed, values);
    if (entry.kind !== 'call' || !this.#isSame(entry, replayed)) {
      return this.#differ(entry, formatGuestCall(replayed.signature, replayed.words));
    }
    this.take();
    this.callCount = entry.number;
    this.timeUs = entry.timeUs;
    return this.#answer(entry, replayed, values);
  }

  #answer(call: Call, replayed: ReplayedFunction, values: readonly (number | bigint)[]): number {
    const { observer } = this.#options;
    const memory = this.#memory();
    if (memory !== undefined) {
      observer?.before(replayed.signature, unsignedValues(values), memory);
      replayed.regions.before(replayed.parameters, memory);
      this.#writeOutputs(call, replayed, memory);
      this.#checkSent(call, replayed);
      observer?.after(call.result === UNWOUND ? 'unwound' : call.result, memory);
    }
    // Here and not at the next call: a guest that computes for ever never comes to one.
    if (this.callCount === this.#options.untilCall) return this.#end({ why: 'until' });
    if (this.#next() === undefined) return this.#end({ why: 'records ended' });
    if (call.result !== UNWOUND) return call.result;
    this.unwinding = new ReplayUnwinding(`${replayed.signature.name} did not return`);
    throw this.unwinding;
  }

  /** The next record; one that makes no sense stops the replay, whatever the guest catches. */
  #next(): Entry | undefined {
    try {
      return this.peek();
    } catch (error) {
      return this.#end({ why: 'differs', error: error as PolluxError });
    }
  }

  #memory(): GuestMemory | undefined {
    const memory = this.#watched?.memory;
    if (memory?.isStale === true) memory.refresh();
    return memory;
  }

  #isSame(call: Call, { number, signature, words }: ReplayedFunction): boolean {
    if (call.function !== number) return false;
    if (this.#options.compare !== 'calls') {
      for (let index = 0; index < call.words.length; index++) {
        if (words[index] !== call.words[index]) return false;
      }
      return true;
    }
    let word = 0;
    return signature.parameters.every(({ kind, type }) => {
      const isSame = kind !== 'fd' || words[word] === call.words[word];
      word += type === 'i64' ? 2 : 1;
      return isSame;
    });
  }

  #writeOutputs(call: Call, replayed: ReplayedFunction, memory: GuestMemory): void {
    const { places } = replayed.regions;
    for (let index = 0; index < call.outputs.length; index++) {
      const place = places[index];
      const recorded = call.outputs[index];
      if (place === undefined || recorded === undefined) continue;
      if (recorded instanceof Uint8Array) this.#writePlace(call, replayed, place, recorded, memory);
      else for (const { pointer, bytes } of recorded) memory.bytes.set(bytes, pointer);
    }
  }

  #writePlace(
    call: Call,
    { signature, regions, parameters }: ReplayedFunction,
    place: Place,
    recorded: Uint8Array,
    memory: GuestMemory,
  ): void {
    if (recorded.length === 0) return;
    const room = regions.roomBytes(place, parameters, memory);
    if (recorded.length > room) this.#differ(call, `${signature.name} has room for ${room} bytes`);
    regions.locate(place, parameters, recorded.length);
    let from = 0;
    for (let piece = 0; piece < regions.count; piece++) {
      const lengthBytes = regions.lengths[piece] as number;
      const pointer = regions.pointers[piece] as number;
      if (lengthBytes <= FEW_BYTES) {
        for (let at = 0; at < lengthBytes; at++) {
          memory.bytes[pointer + at] = recorded[from + at] as number;
        }
      } else {
        memory.bytes.set(recorded.subarray(from, from + lengthBytes), pointer);
      }
      from += lengthBytes;
    }
  }

  #checkSent(call: Call, { signature, regions, words, parameters }: ReplayedFunction): void {
    const watched = this.#watched;
    const isCompared = call.result === 0 && this.#options.compare !== 'calls';
    if (regions.sent === undefined || watched === undefined || !isCompared) return;
    const { memory, hasher } = watched;
    const hash = hashSent(regions, regions.sent, parameters, memory, hasher);
    if (hash === call.sentHash) return;
    this.#differ(call, formatSent(signature, { words, regions, memory, hash }));
  }

  #differ(recorded: Entry, made: string): never {
    const error = differs(this.#recording, recorded, made, this.callCount);
    return this.#end({ why: 'differs', error });
  }

  #end(stop: Stop): never {
    this.stop = stop;
    throw new ReplayUnwinding('the replay stops here');
  }
}

function takeArguments(
  { words, parameters }: ReplayedFunction,
  values: readonly (number | bigint)[],
): void {
  let word = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number | bigint;
    const low = lowWord(value);
    parameters[index] = low;
    words[word++] = low;
    if (typeof value === 'bigint') words[word++] = lowWord(value >> 32n);
  }
}

function lowWord(value: number | bigint): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
}

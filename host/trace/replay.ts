// Runs a recording again: makes the calls into the guest that were recorded, answers its imports from
// the records, and holds what comes back, and the memory at the end, to them. There is no kernel.

import { PolluxError } from '../base/pollux-error.ts';
import { differs, formatEntry } from './differences.ts';
import type { Enter, Entry, Leave, Value } from './format.ts';
import { Hasher } from './hash.ts';
import type { CallObserver } from './observer.ts';
import { openRecording, Recording } from './recording.ts';
import { Replayer } from './replayer.ts';
import type { ImportTables } from '../wasi/import-tables.ts';
import type { HostFunction } from './signature-table.ts';

export interface ReplayOptions {
  /** Of the functions in the recording, by module. By default those of preview1. */
  readonly signatures?: ImportTables;
  /**
   * What must be as recorded. `everything` (default): the functions called, their arguments, the bytes
   * sent, and the memory at the end. `calls`: the functions and their descriptors only, for a module that
   * was changed, for example because a bug was fixed, and has its memory laid out otherwise.
   */
  readonly compare?: 'everything' | 'calls';
  /** Is told of every call, before and after it. */
  readonly observer?: CallObserver;
  /** Stops when this call, counted from 1, has been answered. */
  readonly untilCall?: number;
}

/** What a replay came to, where nothing differed. */
export interface ReplayEnd {
  /**
   * `complete`: to the recorded end. `cut`: to the last record of a recording that has no end, since who
   * wrote it was killed. `until`: to the call that was asked for. In the latter two the guest is left, and
   * its memory hashed, where its last call would return.
   */
  readonly reason: 'complete' | 'cut' | 'until';
  /** The imports that were called. */
  readonly calls: number;
  /** How the last call into the guest came back; undefined when it did not. */
  readonly outcome: Leave['kind'] | undefined;
  /** Of the memory, 16 digits; undefined when the guest never ran. */
  readonly memoryHash: string | undefined;
}

export class Replay {
  readonly recording: Recording;
  /** For `WebAssembly.Instance`. */
  readonly imports: Record<string, Record<string, HostFunction>>;
  readonly #replayer: Replayer;
  readonly #compare: 'everything' | 'calls';
  #outcome: Leave['kind'] | undefined;

  constructor(recording: Recording, options: ReplayOptions) {
    this.recording = recording;
    this.#compare = options.compare ?? 'everything';
    this.#replayer = new Replayer(recording, options);
    this.imports = this.#replayer.imports;
  }

  /** When the last call was made, in microseconds from the start; as far as the recording tells. */
  get timeUs(): number {
    return this.#replayer.timeUs;
  }

  /**
   * Runs a new instance of the recorded module, made with {@link imports}, to the end of the recording.
   * Once only.
   *
   * @param instantiate makes it; what its start function does is replayed, too.
   * @throws PolluxError `REPLAY_DIFFERS` at the first call that is not as recorded, with both sides;
   *   `RECORDING_REFUSED` for records that make no sense.
   */
  run(instantiate: () => WebAssembly.Instance): ReplayEnd {
    let instance: WebAssembly.Instance;
    try {
      instance = instantiate();
    } catch (error) {
      const stopped = this.#stopped(undefined);
      if (stopped !== undefined) return stopped;
      if (error !== this.#replayer.unwinding && this.#replayer.peek()?.kind !== 'end') throw error;
      return this.#end(this.#replayer.take(), undefined);
    }
    const hasher = this.attach(instance);
    for (;;) {
      const entry = this.#replayer.take();
      if (entry?.kind !== 'enter') return this.#end(entry, hasher);
      const leave = this.#enter(instance, entry);
      const stopped = this.#stopped(hasher);
      if (stopped !== undefined) return stopped;
      this.#checkLeave(leave);
    }
  }

  /**
   * Tells the memory of an instance whose exports the caller calls itself, in the recorded order;
   * {@link run} does both. @returns what hashes that memory.
   */
  attach(instance: WebAssembly.Instance): Hasher {
    const memory = instance.exports['memory'];
    if (!(memory instanceof WebAssembly.Memory)) {
      throw new PolluxError('REPLAY_DIFFERS', 'the guest exports no memory named "memory"');
    }
    const hasher = new Hasher(memory);
    this.#replayer.watch(memory, hasher);
    return hasher;
  }

  #enter(instance: WebAssembly.Instance, { name, arguments: values }: Enter): Leave {
    const body = instance.exports[name];
    if (typeof body !== 'function') {
      throw new PolluxError('REPLAY_DIFFERS', `the guest exports no function ${name}`);
    }
    try {
      return { kind: 'returned', value: (body as HostFunction)(...values) as Value | undefined };
    } catch (error) {
      return { kind: error === this.#replayer.unwinding ? 'unwound' : 'trapped' };
    }
  }

  #checkLeave(leave: Leave): void {
    const recorded = this.#replayer.take();
    if (recorded === undefined) return;
    this.#outcome = leave.kind;
    const isSame =
      recorded.kind === leave.kind &&
      (recorded.kind !== 'returned' || leave.kind !== 'returned' || recorded.value === leave.value);
    if (!isSame) throw this.#differs(recorded, formatEntry(leave, this.recording));
  }

  /** @returns what the replay came to when an import stopped it. */
  #stopped(hasher: Hasher | undefined): ReplayEnd | undefined {
    const { stop } = this.#replayer;
    if (stop === undefined) return undefined;
    if (stop.why === 'differs') throw stop.error;
    return this.#report(stop.why === 'until' ? 'until' : 'cut', hasher);
  }

  #end(entry: Entry | undefined, hasher: Hasher | undefined): ReplayEnd {
    if (entry === undefined) return this.#report('cut', hasher);
    const memoryHash = hasher?.hashMemory();
    const isEnd = entry.kind === 'end';
    if (!isEnd) throw this.#differs(entry, 'the guest has come back');
    const isSame = this.#compare === 'calls' || entry.memory?.hash === memoryHash;
    if (!isSame) throw this.#differs(entry, `the end, with the memory hash ${String(memoryHash)}`);
    return this.#report('complete', hasher);
  }

  #report(reason: ReplayEnd['reason'], hasher: Hasher | undefined): ReplayEnd {
    const calls = this.#replayer.callCount;
    return { reason, calls, outcome: this.#outcome, memoryHash: hasher?.hashMemory() };
  }

  #differs(recorded: Entry, made: string): PolluxError {
    return differs(this.recording, recorded, made, this.#replayer.callCount);
  }
}

/**
 * Makes the imports that answer from a recording.
 *
 * @param source a recording, or its bytes.
 * @throws PolluxError `RECORDING_REFUSED` as {@link openRecording}.
 */
export function replay(source: Recording | Uint8Array, options: ReplayOptions = {}): Replay {
  const recording =
    source instanceof Recording ? source : openRecording(source, options.signatures);
  return new Replay(recording, options);
}

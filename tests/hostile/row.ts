// What a row of the table is: one hostile guest, and the exact answer that it gets.

import type { Guest, GuestEnd, RunOptions } from '../../host/index.ts';
import type { Errno } from '../../host/base/errno.ts';
import type { StepsText } from './guest.ts';

/** What standard input or output of a guest is. `fifo` is open at both ends, and empty. */
export type Stream = 'null' | 'file' | 'directory' | 'fifo';

/** A client of the guest's, connected when the guest's code runs. */
export interface Client {
  readonly sends?: string;
  /** What it gets, all of it, up to the end of the connection; `number`: how many bytes. */
  readonly receives?: string | number;
  /** It reads nothing until the guest has ended; what it gets then is not looked at. */
  readonly isDeaf?: boolean;
}

/** What a row may do while its guest runs. */
export interface Scene {
  readonly guest: Guest;
  /** The descriptors of the streams, for those that are a FIFO. */
  readonly stdin: number;
  readonly stdout: number;
  /** Resolves when `holds` does. */
  readonly until: (holds: () => boolean) => Promise<void>;
}

interface Common {
  /** As in the list of hostile inputs, and a letter when a row has several parts. */
  readonly id: string;
  /** What the guest does, and what comes of it. */
  readonly title: string;
  readonly options?: RunOptions;
  /** A client each; the guest then has a listener, descriptor 3. */
  readonly clients?: readonly Client[];
  readonly stdin?: Stream;
  readonly stdout?: Stream;
  /** Another guest of the process serves before, meanwhile and after. */
  readonly hasNeighbour?: boolean;
  readonly meanwhile?: (scene: Scene) => Promise<unknown>;
}

/** A guest that makes calls, ends by itself with 0, and whose memory is compared to the byte. */
export interface StepsRow extends Common, StepsText {
  /** The answer of each step that has one: an errno by name, or a number. */
  readonly answers: readonly (keyof typeof Errno | number)[];
  /** All that the calls wrote besides; a byte of -1 is any byte. */
  readonly wrote?: readonly (readonly [pointer: number, bytes: Iterable<number>])[];
}

/** A guest with a module of its own, and how it ends. */
export interface ModuleRow extends Common {
  readonly module: () => Uint8Array;
  /** Several where it is up to the engine which. */
  readonly reason: GuestEnd['reason'] | readonly GuestEnd['reason'][];
  readonly code?: number;
  /** What {@link GuestEnd.detail} says; without it, nothing. */
  readonly detail?: RegExp;
  /** All that it wrote to standard output, when that is a file. */
  readonly writes?: string;
}

/** A module that is refused before it runs. */
export interface RefusedRow extends Common {
  readonly module: () => Uint8Array;
  readonly refused: RegExp;
}

export type Row = StepsRow | ModuleRow | RefusedRow;

/** Lets a guest make `callCount` calls, the last of which blocks or is repeated, and stops it. */
export function stopAfter(callCount: number): NonNullable<Common['meanwhile']> {
  return async ({ guest, until }) => {
    await until(() => guest.stats().calls >= callCount);
    await guest.stop();
  };
}

// Finds where two recordings part: the first record that is not the same in both.

import { formatEntry } from './differences.ts';
import type { Call, Entry, OutputBytes } from './format.ts';
import type { Recording } from './recording.ts';

/** Where two recordings part. */
export interface Parting {
  /** Calls that are the same in both, from the first on. */
  readonly calls: number;
  /** What comes then, in one line; undefined where a recording ends there. */
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** @returns undefined when every record is the same. Times are not compared. */
export function findParting(left: Recording, right: Recording): Parting | undefined {
  const lefts = left.entries();
  const rights = right.entries();
  for (let calls = 0; ;) {
    const [a, b] = [lefts.next(), rights.next()];
    if (a === undefined && b === undefined) return undefined;
    const isSame = a !== undefined && b !== undefined && isSameEntry(a, b, left, right);
    if (!isSame) {
      return {
        calls,
        left: a === undefined ? undefined : formatEntry(a, left),
        right: b === undefined ? undefined : formatEntry(b, right),
      };
    }
    if (a.kind === 'call') calls += 1;
  }
}

function isSameEntry(a: Entry, b: Entry, left: Recording, right: Recording): boolean {
  if (a.kind !== 'call' || b.kind !== 'call') return formatEntry(a, left) === formatEntry(b, right);
  return (
    left.head.functions[a.function] === right.head.functions[b.function] &&
    a.result === b.result &&
    a.sentHash === b.sentHash &&
    a.words.length === b.words.length &&
    a.words.every((word, index) => word === b.words[index]) &&
    isSameOutputs(a, b)
  );
}

function isSameOutputs(a: Call, b: Call): boolean {
  return (
    a.outputs.length === b.outputs.length &&
    a.outputs.every((output, index) => isSameOutput(output, b.outputs[index] ?? []))
  );
}

function isSameOutput(a: OutputBytes, b: OutputBytes): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && isSameBytes(a, b);
  if (b instanceof Uint8Array || a.length !== b.length) return false;
  return a.every((change, index) => {
    const other = b[index];
    return (
      other !== undefined &&
      change.pointer === other.pointer &&
      isSameBytes(change.bytes, other.bytes)
    );
  });
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

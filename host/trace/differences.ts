// Says what a record is in one line, from the record alone, and how a guest's call differs from it.

import { PolluxError } from '../base/pollux-error.ts';
import type { GuestMemory } from '../wasi/memory.ts';
import type { CallRegions } from '../wasi/regions.ts';
import type { Output, Signature } from '../wasi/signature.ts';
import { type Call, type Entry, type OutputBytes, UNWOUND } from './format.ts';
import type { Recording } from './recording.ts';
import { argumentText, bytesText, resultText, valueText } from './text.ts';

/** A replay that came to something else than was recorded. `recorded` and `made` are one line each. */
export class ReplayDifference extends PolluxError {
  /** The call that differs, counted from 1; that after which it was, for what is no call. */
  readonly call: number;
  readonly recorded: string;
  readonly made: string;

  constructor(name: string, sides: { call: number; recorded: string; made: string }) {
    const { call, recorded, made } = sides;
    super('REPLAY_DIFFERS', `${name} differs at call ${call}: recorded ${recorded}; made ${made}`);
    this.call = call;
    this.recorded = recorded;
    this.made = made;
  }
}

/** @param callCount the calls that were as recorded. */
export function differs(
  recording: Recording,
  recorded: Entry,
  made: string,
  callCount: number,
): ReplayDifference {
  return new ReplayDifference(recording.name, {
    call: recorded.kind === 'call' ? recorded.number : callCount,
    recorded: formatEntry(recorded, recording),
    made,
  });
}

/** Any record, but for its time. */
export function formatEntry(entry: Entry, recording: Recording): string {
  switch (entry.kind) {
    case 'call':
      return formatRecordedCall(entry, recording.functions[entry.function] as Signature);
    case 'enter':
      return `a call of the guest's ${entry.name}(${entry.arguments.join(', ')})`;
    case 'returned':
      return `the guest's return${entry.value === undefined ? '' : ` of ${entry.value}`}`;
    case 'unwound':
      return "the guest's end by an import that did not return";
    case 'trapped':
      return "the guest's trap";
    case 'end':
      return entry.memory === undefined
        ? 'the end, without a memory'
        : `the end, with ${entry.memory.pageCount} pages and the memory hash ${entry.memory.hash}`;
  }
}

/** `sock_accept(fd 3, NONBLOCK, 0x100)`, of a call that has not been answered. */
export function formatGuestCall(signature: Signature, words: Int32Array): string {
  let word = 0;
  const values = signature.parameters.map((parameter) => {
    const low = BigInt((words[word++] as number) >>> 0);
    const high = parameter.type === 'i64' ? BigInt((words[word++] as number) >>> 0) : 0n;
    return argumentText(parameter, low | (high << 32n));
  });
  return `${signature.name}(${values.join(', ')})`;
}

/** The same with its result and what it wrote. */
export function formatRecordedCall(call: Call, signature: Signature): string {
  const result = resultText(call.result === UNWOUND ? 'unwound' : call.result);
  const outputs = call.outputs.flatMap((bytes, index) => {
    const output = signature.outputs[index];
    return output === undefined || call.result !== 0 ? [] : outputText(signature, output, bytes);
  });
  const sent = call.sentHash === 0 ? [] : [`sent bytes of hash ${hex(call.sentHash)}`];
  const line = `${formatGuestCall(signature, call.words)} = ${result}`;
  return [line, ...outputs, ...sent].join(', ');
}

/** A call that was as recorded but for the bytes that it sent. */
export function formatSent(
  signature: Signature,
  made: {
    readonly words: Int32Array;
    readonly regions: CallRegions;
    readonly memory: GuestMemory;
    readonly hash: number;
  },
): string {
  const { words, regions, memory, hash } = made;
  const [pointer = 0] = regions.pointers;
  const first = memory.bytes.subarray(pointer, pointer + (regions.lengths[0] ?? 0));
  const call = formatGuestCall(signature, words);
  return `${call}, sent bytes of hash ${hex(hash)}, which begin ${bytesText(first)}`;
}

function outputText(signature: Signature, output: Output, bytes: OutputBytes): string[] {
  if (!(bytes instanceof Uint8Array)) {
    const changedBytes = bytes.reduce((sum, change) => sum + change.bytes.length, 0);
    return [`${changedBytes} bytes of text`];
  }
  if (output.kind !== 'value') return [bytesText(bytes)];
  return [`${signature.parameters[output.pointer]?.name ?? ''} ${valueText(bytes)}`];
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}

// An observer that keeps what a guest sends, for tests to look at.

import type { GuestMemory } from '../wasi/memory.ts';
import { CallRegions } from '../wasi/regions.ts';
import type { Signature } from '../wasi/signature.ts';
import type { CallObserver } from './observer.ts';

/** What left a guest, by descriptor. A number that is used again goes on where the last one ended. */
export class SentBytes implements CallObserver {
  readonly #pieces = new Map<number, Uint8Array[]>();
  #call: { readonly regions: CallRegions; readonly parameters: readonly number[] } | undefined;

  before(signature: Signature, values: readonly (number | bigint)[], memory: GuestMemory): void {
    this.#call = undefined;
    if (signature.sent === undefined) return;
    const parameters = values.map((value) => Number(BigInt.asUintN(32, BigInt(value))));
    const regions = new CallRegions(signature);
    regions.before(parameters, memory);
    this.#call = { regions, parameters };
  }

  after(result: number | 'unwound', memory: GuestMemory): void {
    const sent = this.#call?.regions.sent;
    if (result !== 0 || this.#call === undefined || sent === undefined) return;
    const { regions, parameters } = this.#call;
    const [fd = 0] = parameters;
    regions.locate(sent, parameters, regions.writtenBytes(sent, parameters, memory));
    const pieces = this.#pieces.get(fd) ?? [];
    for (let index = 0; index < regions.count; index++) {
      const pointer = regions.pointers[index] ?? 0;
      const end = pointer + (regions.lengths[index] ?? 0);
      pieces.push(new Uint8Array(memory.bytes.subarray(pointer, end)));
    }
    this.#pieces.set(fd, pieces);
  }

  /** The descriptors that something was sent to, in the order of the first bytes. */
  descriptors(): number[] {
    return [...this.#pieces.keys()];
  }

  /** What was sent to a descriptor, as text of UTF-8. */
  text(fd: number): string {
    const decoder = new TextDecoder();
    const pieces = this.#pieces.get(fd) ?? [];
    return pieces.map((piece) => decoder.decode(piece, { stream: true })).join('');
  }
}

// Who looks on while a guest calls: a trace that prints, a test that collects. Told by live imports and
// by replayed ones alike.

import type { GuestMemory } from '../wasi/memory.ts';
import type { Signature } from '../wasi/signature.ts';

export interface CallObserver {
  /**
   * A call begins. The memory is as the guest left it.
   *
   * @param parameters i32 as unsigned numbers, i64 as unsigned bigints.
   */
  before(signature: Signature, parameters: readonly (number | bigint)[], memory: GuestMemory): void;

  /**
   * The call that {@link before} was told of ends. The memory holds what it wrote.
   *
   * @param result 0, an errno, or `unwound` when it does not return to the guest.
   */
  after(result: number | 'unwound', memory: GuestMemory): void;
}

/** i32 and i64 as they reach JavaScript, made unsigned. */
export function unsignedValues(values: readonly (number | bigint)[]): (number | bigint)[] {
  return values.map((value) =>
    typeof value === 'bigint' ? BigInt.asUintN(64, value) : value >>> 0,
  );
}

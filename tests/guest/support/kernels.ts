// The module of the unit tests: build/guest-kernels.wasm, fresh for each test.

import { moduleBytes } from './guest.ts';

/** Pointers are offsets into `memory`; a broken assertion traps. See assembly/kernels.ts. */
export interface Kernels {
  readonly memory: WebAssembly.Memory;

  rot13(bytes: number, lengthBytes: number): void;
  rot13Scalar(bytes: number, lengthBytes: number): void;
  rot13Simd(bytes: number, lengthBytes: number): void;

  takeBlock(bytes: number): number;
  giveBlock(block: number, bytes: number): void;
  takeForEver(bytes: number): number;
  blockBytesFor(bytes: number): number;

  resetRing(bytes: number): void;
  ringBorrow(): number;
  ringProduce(bytes: number): void;
  ringConsume(bytes: number): void;
  ringBlock(): number;
  ringIsFull(): number;
  ringIsEmpty(): number;
  ringFreePieces(): number;
  ringHeldPieces(): number;
  piecesAt(): number;
  borrowedBlockCount(): number;

  reserveSlot(): number;
  openTestSlot(fd: number): number;
  closeSlot(slot: number): void;
  findSlot(userdata: bigint): number;
  slotAt(index: number): number;
  userdataOf(slot: number): bigint;
  fdOf(slot: number): number;
  ownedBytesAt(slot: number): number;
  markTestReady(index: number, readiness: number, error: number): void;
  takeTestReady(): number;

  newDeadlineList(at: number, durationNs: bigint): void;
  restartDeadline(list: number, deadline: number, nowNs: bigint): void;
  removeDeadline(list: number, deadline: number): void;
  nextDeadlineNs(): bigint;
  expireDeadlines(nowNs: bigint): void;
  expiredAt(): number;
  takeExpiredCount(): number;
}

const module = new WebAssembly.Module(moduleBytes('guest-kernels.wasm'));

export function loadKernels(): Kernels {
  const { exports } = new WebAssembly.Instance(module, {});
  (exports['_initialize'] as () => void)();
  return exports as unknown as Kernels;
}

/** The bytes of the module's memory from `address` on; taken anew after it grew. */
export function bytesAt(kernels: Kernels, address: number, lengthBytes: number): Uint8Array {
  return new Uint8Array(kernels.memory.buffer, address, lengthBytes);
}

// The hash of docs/record-format.md as a WebAssembly module, written byte by byte: SIMD hashes 25 GB/s
// where JavaScript comes to 5, and it reads a guest's memory, or a shared one, in place. Beside it a
// copy, since what JavaScript copies in shared memory goes byte by byte when the alignments differ.
//
// Source: WebAssembly core specification, 5.4 (instructions) and 5.5 (modules).

const [I32, V128, VOID] = [0x7f, 0x7b, 0x40];

/** Of the two golden primes of xxHash that this hash borrows. */
export const HASH_MULTIPLIER = 0x85ebca77;
export const HASH_LANE_STEP = 0x9e3779b1;

const STRIPE_BYTES = 128;
const VECTOR_BYTES = 16;
const VECTORS_PER_STRIPE = STRIPE_BYTES / VECTOR_BYTES;
const SHIFT = 15;

/** The function's parameters, then its locals. */
const POINTER = 0;
const LENGTH = 1;
const SEED = 2;
const LEFT = 3;
const MULTIPLIER = 4;
const FIRST_LANES = 5;

type Code = readonly number[];

/**
 * Over an imported `memory.memory`: `hash(pointer, lengthBytes, seed) -> i32`, and
 * `copy(to, from, lengthBytes)`.
 */
export function hashModule(isShared: boolean): Uint8Array {
  const memory = isShared ? [3, ...unsigned(0), ...unsigned(65536)] : [0, 0];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 3, I32, I32, I32, 1, I32, 0x60, 3, I32, I32, I32, 0]),
    ...section(2, [1, ...name('memory'), ...name('memory'), 2, ...memory]),
    ...section(3, [2, 0, 1]),
    ...section(7, [2, ...name('hash'), 0, 0, ...name('copy'), 0, 1]),
    ...section(10, [
      2,
      ...sized([2, 1, I32, 1 + VECTORS_PER_STRIPE, V128, ...hashBody(), 0x0b]),
      ...sized([0, ...get(0), ...get(1), ...get(2), 0xfc, 10, 0, 0, 0x0b]),
    ]),
  ]);
}

function hashBody(): Code {
  const lanes = Array.from({ length: VECTORS_PER_STRIPE }, (_, index) => FIRST_LANES + index);
  const [first = FIRST_LANES, ...others] = lanes;
  return [
    ...set(LEFT, get(LENGTH)),
    ...set(MULTIPLIER, splat(i32(HASH_MULTIPLIER))),
    ...set(first, laneStart(0)),
    ...when(atLeast(STRIPE_BYTES), [
      ...others.flatMap((lane, index) => set(lane, laneStart(index + 1))),
      ...repeat(atLeast(STRIPE_BYTES), [
        ...lanes.flatMap((lane, index) => vectorStep(lane, load(index * VECTOR_BYTES))),
        ...advance(STRIPE_BYTES),
      ]),
      ...others.flatMap((lane) => vectorStep(first, get(lane))),
    ]),
    ...repeat(atLeast(VECTOR_BYTES), [...vectorStep(first, load(0)), ...advance(VECTOR_BYTES)]),
    ...set(SEED, extract(first, 0)),
    ...[1, 2, 3].flatMap((lane) => scalarStep(extract(first, lane))),
    ...repeat(atLeast(1), [...scalarStep([...get(POINTER), 0x2d, 0, 0]), ...advance(1)]),
    ...scalarStep(get(LENGTH)),
    ...get(SEED),
  ];
}

// ---- pieces of code ---------------------------------------------------------------------------

/** Lanes 4 * index to 4 * index + 3 at the start: seed + lane * HASH_LANE_STEP. */
function laneStart(index: number): Code {
  const starts = [0, 1, 2, 3].map((lane) => Math.imul(4 * index + lane, HASH_LANE_STEP));
  return [...simd(0x0c), ...starts.flatMap(littleEndian), ...splat(get(SEED)), ...simd(0xae)];
}

function vectorStep(lane: number, word: Code): Code {
  const mixed = [...get(lane), ...word, ...simd(0x51), ...get(MULTIPLIER), ...simd(0xb5)];
  return [
    ...set(lane, mixed),
    ...set(lane, [...get(lane), ...get(lane), ...i32(SHIFT), ...simd(0xad), ...simd(0x51)]),
  ];
}

/** On SEED, which holds the hash by then. */
function scalarStep(word: Code): Code {
  return [
    ...set(SEED, [...get(SEED), ...word, 0x73, ...i32(HASH_MULTIPLIER), 0x6c]),
    ...set(SEED, [...get(SEED), ...get(SEED), ...i32(SHIFT), 0x76, 0x73]),
  ];
}

function advance(bytes: number): Code {
  return [
    ...set(POINTER, [...get(POINTER), ...i32(bytes), 0x6a]),
    ...set(LEFT, [...get(LEFT), ...i32(bytes), 0x6b]),
  ];
}

/** True while that many bytes are left. */
const atLeast = (bytes: number): Code => [...get(LEFT), ...i32(bytes), 0x4f];

const when = (condition: Code, then: Code): Code => [...condition, 0x04, VOID, ...then, 0x0b];
const repeat = (condition: Code, then: Code): Code =>
  when(condition, [0x03, VOID, ...then, ...condition, 0x0d, 0, 0x0b]);
const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const i32 = (value: number): Code => [0x41, ...signed(value | 0)];
const simd = (code: number): Code => [0xfd, ...unsigned(code)];
const load = (offset: number): Code => [...get(POINTER), ...simd(0x00), 0, ...unsigned(offset)];
const splat = (value: Code): Code => [...value, ...simd(0x11)];
const extract = (local: number, lane: number): Code => [...get(local), ...simd(0x1b), lane];

// ---- the binary format ------------------------------------------------------------------------

const section = (id: number, bytes: Code): Code => [id, ...sized(bytes)];
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const name = (text: string): Code => sized(Array.from(text, (letter) => letter.charCodeAt(0)));
const littleEndian = (value: number): Code => [0, 8, 16, 24].map((by) => (value >>> by) & 255);

function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  if (value >= -64 && value < 64) return [value & 127];
  return [(value & 127) | 128, ...signed(value >> 7)];
}

// How much room the arrays of poll_oneoff have: a little, then at once enough for the longest list.
// Pages that nothing was written to are not memory yet, while arrays that were outgrown would be,
// until they are collected.

/** How many subscriptions a list may have. */
export const SUBSCRIPTION_COUNT_MAX = 65_536;

const ROOM_FIRST = 64;

/** The room to make for `count` numbers. */
export function roomFor(count: number): number {
  if (count <= ROOM_FIRST) return ROOM_FIRST;
  return Math.max(SUBSCRIPTION_COUNT_MAX, 2 ** Math.ceil(Math.log2(count)));
}

/** A copy of `array` with `room`; what is new is 0. */
export function grown<A extends Int32Array | Uint8Array>(array: A, room: number): A {
  const wider = new (array.constructor as new (length: number) => A)(room);
  wider.set(array);
  return wider;
}

// What native-batch.test.ts and its other thread agree on.

export const MESSAGE = 'a message';

/** So many messages that are answered before small ones come ahead: see native-host/core/batch.h. */
export const TURNS_BEFORE = 4;

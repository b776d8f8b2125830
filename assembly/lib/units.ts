// Time is in nanoseconds inside, in milliseconds on the command line and at a turn's edge.

export const NS_PER_MS: u64 = 1000000;

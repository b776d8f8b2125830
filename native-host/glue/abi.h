/*
 * The number of all that host/ and the addon have agreed on: functions, arguments, layouts. Raise
 * it here and in host/kernel/native/binding.ts when any of that changes: an addon with another
 * number is refused by name instead of being called wrongly.
 */
#ifndef POLLUX_GLUE_ABI_H
#define POLLUX_GLUE_ABI_H

#define POLLUX_ABI 10

#endif

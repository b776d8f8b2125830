// poll_oneoff: how many subscriptions, what stands in them, where they lie. H9 to H23.

import {
  BUFFER,
  call,
  EVENTS,
  IOVECS,
  LIST,
  PAGE_BYTES,
  RESULT,
  RESULT2,
  words,
} from '../guest.ts';
import {
  badEvent,
  CLOCK,
  clockSubscription,
  event,
  FD_READ,
  FD_WRITE,
  fdSubscription,
  joined,
} from '../poll-bytes.ts';
import type { StepsRow } from '../row.ts';

const ALL_ONES = 2n ** 64n - 1n;
const MONOTONIC = 1;
const INSTANT = 1;
/** The first connection that a guest with one listener accepts. */
const CONNECTION = 4;
const CLOSED = 99;
const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const SUBSCRIPTION_COUNT_MAX = 65_536;
/** Where as many events fit, behind a list of the most subscriptions, and one. */
const MANY_EVENTS = 2 * PAGE_BYTES + SUBSCRIPTION_COUNT_MAX * SUBSCRIPTION_BYTES;

const due = (userdata: bigint): Uint8Array => clockSubscription(userdata, MONOTONIC, 0n);

/** Accepts the client and reads the first of its two bytes: the other is surely there. */
const WITH_DATA = {
  clients: [{ sends: 'ab' }],
  steps: [
    call('sock_accept', 3, 0, RESULT2),
    call('sock_recv', 4, IOVECS, 1, 0, RESULT2 + 4, BUFFER),
  ],
  data: [[IOVECS, words(BUFFER + 8, 1)]],
  wrote: [
    [RESULT2, words(CONNECTION, 1)],
    [BUFFER + 8, [0x61]],
  ],
} as const;

/** One call with a list, and the events that come of it. */
function polls(
  id: string,
  title: string,
  subscriptions: readonly Uint8Array[],
  events: readonly Uint8Array[],
  more: Partial<StepsRow> = {},
): StepsRow {
  return {
    id,
    title,
    ...more,
    steps: [...(more.steps ?? []), call('poll_oneoff', LIST, EVENTS, subscriptions.length, RESULT)],
    data: [...(more.data ?? []), [LIST, joined(...subscriptions)]],
    answers: [...(more.steps ?? []).map(() => 'SUCCESS' as const), 'SUCCESS'],
    wrote: [...(more.wrote ?? []), [EVENTS, joined(...events)], [RESULT, words(events.length)]],
  };
}

/** One call with a list that is refused as a whole. */
function refused(
  id: string,
  title: string,
  answer: 'INVAL' | 'NOMEM',
  subscriptions: readonly Uint8Array[],
): StepsRow {
  const step = call('poll_oneoff', LIST, EVENTS, subscriptions.length, RESULT);
  return { id, title, steps: [step], data: [[LIST, joined(...subscriptions)]], answers: [answer] };
}

/** One call with three due clocks, whose list, events and count lie where `at` says. */
function overlaps(id: string, title: string, at: { events: number; count: number }): StepsRow {
  const list = joined(due(1n), due(2n), due(3n));
  const events = joined(event(1n, CLOCK), event(2n, CLOCK), event(3n, CLOCK));
  return {
    id,
    title,
    steps: [call('poll_oneoff', LIST, at.events, 3, at.count)],
    data: [[LIST, list]],
    answers: ['SUCCESS'],
    wrote: [
      [at.events, events],
      [at.count, words(3)],
    ],
  };
}

const counts: readonly StepsRow[] = [
  refused('H9', 'no subscription is INVAL', 'INVAL', []),
  {
    id: 'H10a',
    title: 'counts whose size wraps or leaves the memory are FAULT',
    steps: [2 ** 26, 2 ** 32 - 1, 89_478_486, 2 ** 31, 2 ** 28, 1366].map((count) =>
      call('poll_oneoff', 0, 0, count, RESULT),
    ),
    answers: ['FAULT', 'FAULT', 'FAULT', 'FAULT', 'FAULT', 'FAULT'],
  },
  {
    id: 'H10b',
    title: '65,537 subscriptions in memory are NOMEM, 65,536 are answered',
    pages: 86,
    steps: [
      call('poll_oneoff', PAGE_BYTES, MANY_EVENTS, SUBSCRIPTION_COUNT_MAX + 1, RESULT),
      call('poll_oneoff', PAGE_BYTES, MANY_EVENTS, SUBSCRIPTION_COUNT_MAX, RESULT),
    ],
    // A list of zeros is one of clocks that are due, and so are their events.
    answers: ['NOMEM', 'SUCCESS'],
    wrote: [[RESULT, words(SUBSCRIPTION_COUNT_MAX)]],
  },
];

const places: readonly StepsRow[] = [
  overlaps('H11a', 'events over the list are right', { events: LIST, count: RESULT }),
  overlaps('H11b', 'events that begin within the list are right', {
    events: LIST + 24,
    count: RESULT,
  }),
  overlaps('H11c', 'events that end within the list are right', {
    events: LIST - 2 * EVENT_BYTES,
    count: RESULT,
  }),
  overlaps('H11d', 'a count within the list is right', {
    events: EVENTS,
    count: LIST + SUBSCRIPTION_BYTES + 16,
  }),
  overlaps('H11e', 'a count within the events is written last', {
    events: LIST + 2,
    count: LIST + 2 + EVENT_BYTES,
  }),
  {
    id: 'H12',
    title: 'pointers need not be aligned',
    steps: [call('poll_oneoff', LIST + 1, EVENTS + 3, 2, RESULT + 1)],
    data: [[LIST + 1, joined(due(5n), fdSubscription(6n, FD_READ, CLOSED))]],
    answers: ['SUCCESS'],
    wrote: [
      [EVENTS + 3, joined(badEvent(6n, FD_READ, 'BADF'), event(5n, CLOCK))],
      [RESULT + 1, words(2)],
    ],
  },
  {
    id: 'H12b',
    title: 'a list and events that end with the memory are within it',
    steps: [
      call('poll_oneoff', PAGE_BYTES - SUBSCRIPTION_BYTES, EVENTS, 1, RESULT),
      call('poll_oneoff', LIST, PAGE_BYTES - EVENT_BYTES, 1, RESULT2),
      call('poll_oneoff', LIST, LIST, 1, PAGE_BYTES - 4),
    ],
    data: [
      [LIST, due(1n)],
      [PAGE_BYTES - SUBSCRIPTION_BYTES, due(2n)],
    ],
    answers: ['SUCCESS', 'SUCCESS', 'SUCCESS'],
    wrote: [
      [EVENTS, event(2n, CLOCK)],
      [RESULT, words(1)],
      [PAGE_BYTES - EVENT_BYTES, event(1n, CLOCK)],
      [RESULT2, words(1)],
      [LIST, event(1n, CLOCK)],
      [PAGE_BYTES - 4, words(1)],
    ],
  },
];

const contents: readonly StepsRow[] = [
  ...[3, 4, 128, 255].map((tag) =>
    refused(`H13-${tag}`, `tag ${tag} behind good ones is INVAL for the call`, 'INVAL', [
      due(1n),
      fdSubscription(2n, FD_READ, CLOSED),
      fdSubscription(3n, tag, 0),
    ]),
  ),
  polls(
    'H14',
    'clocks that do not exist are INVAL and those of CPU time NOTSUP, each in its event',
    [4, 99, 2 ** 31, 2 ** 32 - 1, 2, 3].map((clock) => clockSubscription(7n, clock, 0n)),
    [
      ...[1, 2, 3, 4].map(() => badEvent(7n, CLOCK, 'INVAL')),
      badEvent(7n, CLOCK, 'NOTSUP'),
      badEvent(7n, CLOCK, 'NOTSUP'),
    ],
  ),
  polls(
    'H15',
    'clock flags that mean nothing are INVAL in their event',
    [0xfffe, 0xffff, 2, 3, 0x8000].map((flags) => clockSubscription(7n, MONOTONIC, 0n, flags)),
    [1, 2, 3, 4, 5].map(() => badEvent(7n, CLOCK, 'INVAL')),
  ),
  polls(
    'H17',
    'instants in the past are due at once, on either clock, and all are reported',
    [0n, 1n].flatMap((ns) => [
      clockSubscription(ns, 0, ns, INSTANT),
      clockSubscription(ns, MONOTONIC, ns, INSTANT),
    ]),
    [0n, 0n, 1n, 1n].map((userdata) => event(userdata, CLOCK)),
  ),
  polls(
    'H18',
    'a bad descriptor alone is an event with BADF',
    [fdSubscription(7n, FD_READ, CLOSED)],
    [badEvent(7n, FD_READ, 'BADF')],
  ),
  polls(
    'H19',
    'a bad descriptor before a good one: both are reported',
    [fdSubscription(1n, FD_READ, CLOSED), fdSubscription(2n, FD_READ, CONNECTION)],
    [badEvent(1n, FD_READ, 'BADF'), event(2n, FD_READ)],
    WITH_DATA,
  ),
  polls(
    'H20',
    'one descriptor for reading and writing: both are reported',
    [fdSubscription(1n, FD_READ, CONNECTION), fdSubscription(2n, FD_WRITE, CONNECTION)],
    [event(1n, FD_READ), event(2n, FD_WRITE)],
    WITH_DATA,
  ),
  polls(
    'H22',
    'a directory is NOTSUP in its events',
    [fdSubscription(1n, FD_READ, 0), fdSubscription(2n, FD_WRITE, 0)],
    [badEvent(1n, FD_READ, 'NOTSUP'), badEvent(2n, FD_WRITE, 'NOTSUP')],
    { stdin: 'directory' },
  ),
  polls(
    'H23',
    'userdata of any 64 bits comes back bit for bit',
    [0n, ALL_ONES, 2n ** 63n, 0x7ff0_0000_0000_0001n, 0x0123_4567_89ab_cdefn].map(due),
    [0n, ALL_ONES, 2n ** 63n, 0x7ff0_0000_0000_0001n, 0x0123_4567_89ab_cdefn].map((userdata) =>
      event(userdata, CLOCK),
    ),
  ),
  polls(
    'H24-poll',
    'descriptors of 2^31 and 2^32 - 1 are BADF in their events',
    [2 ** 31, 2 ** 32 - 1].map((fd) => fdSubscription(BigInt(fd), FD_WRITE, fd)),
    [2 ** 31, 2 ** 32 - 1].map((fd) => badEvent(BigInt(fd), FD_WRITE, 'BADF')),
  ),
];

const thousand = Array.from({ length: 1000 }, (_, index) => BigInt(index));
const THOUSAND_LIST = PAGE_BYTES;
const THOUSAND_EVENTS = 2 * PAGE_BYTES;

const repeated: readonly StepsRow[] = [
  {
    ...WITH_DATA,
    id: 'H21',
    title: 'the same subscription a thousand times is reported a thousand times',
    pages: 3,
    steps: [
      ...WITH_DATA.steps,
      call('poll_oneoff', THOUSAND_LIST, THOUSAND_EVENTS, thousand.length, RESULT),
    ],
    data: [
      ...WITH_DATA.data,
      [
        THOUSAND_LIST,
        joined(...thousand.map((index) => fdSubscription(index, FD_READ, CONNECTION))),
      ],
    ],
    answers: ['SUCCESS', 'SUCCESS', 'SUCCESS'],
    wrote: [
      ...WITH_DATA.wrote,
      [THOUSAND_EVENTS, joined(...thousand.map((index) => event(index, FD_READ)))],
      [RESULT, words(thousand.length)],
    ],
  },
  {
    id: 'H21b',
    title: 'the same list after close and accept gave the same number is about the new socket',
    clients: [{ sends: 'a' }, { sends: 'b' }],
    steps: [
      call('sock_accept', 3, 0, RESULT2),
      call('poll_oneoff', LIST, EVENTS, 1, RESULT),
      call('fd_close', CONNECTION),
      call('sock_accept', 3, 0, RESULT2),
      call('poll_oneoff', LIST, EVENTS + EVENT_BYTES, 1, RESULT),
    ],
    data: [[LIST, fdSubscription(7n, FD_READ, CONNECTION)]],
    answers: ['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS'],
    wrote: [
      [EVENTS, joined(event(7n, FD_READ), event(7n, FD_READ))],
      [RESULT, words(1)],
      [RESULT2, words(CONNECTION)],
    ],
  },
];

export const pollRows: readonly StepsRow[] = [...counts, ...places, ...contents, ...repeated];

// Mistakes in poll_oneoff.

import { type Fault, faults } from './fault.ts';

const POLL_CALL = [
  ...faults(
    'poll.ts',
    ['poll'],
    [
      ['no subscription waits for ever', 'if (count === 0) return -Errno.INVAL;', ''],
      [
        'a list that leaves the memory is read',
        'if (!memory.holds(listIn, count * Subscription.BYTES)) return -Errno.FAULT;',
        '',
      ],
      [
        'only the first event is checked to lie in the memory',
        'memory.holds(eventsOut, count * Event.BYTES)',
        'memory.holds(eventsOut, Event.BYTES)',
      ],
      ['lists of any length', 'if (count > SUBSCRIPTION_COUNT_MAX) return -Errno.NOMEM;', ''],
      [
        'an event is written although the call is interrupted',
        'this.#startClocks();\n    for (;;) {',
        `this.#startClocks();
    if (this.#list.known.length > 0) this.#sandbox.memory.bytes[eventsPointer] = 0;
    for (;;) {`,
      ],
      [
        'the count is written on an errno',
        'poll.run(listIn, count, eventsOut);',
        'poll.run(listIn, count, eventsOut);\n      memory.setUint32(countOut, 0);',
      ],
      [
        'a wake is an errno to a guest that runs _start',
        'return result === -Errno.INTR && !this.#sandbox.isInterruptible;',
        'return false;',
      ],
      [
        'a wake is never told to a guest that is called turn by turn',
        'return result === -Errno.INTR && !this.#sandbox.isInterruptible;',
        'return result === -Errno.INTR;',
      ],
    ],
  ),
  ...faults(
    'poll-list.ts',
    ['poll'],
    [
      [
        'the tag 3 is taken',
        'if (tag > EventType.FD_WRITE) return false;',
        'if (tag > 3) return false;',
      ],
    ],
  ),
  ...faults(
    'poll-events.ts',
    ['poll'],
    [
      [
        'events at addresses that are not aligned are written elsewhere',
        'this.#isCopy = pointer % 4 !== 0;',
        'this.#isCopy = false;',
      ],
    ],
  ),
];

const POLL_EVENTS = [
  ...faults(
    'poll-events.ts',
    ['poll-states'],
    [
      ['the type at a wrong offset', 'error | (type << 16)', 'error | (type << 24)'],
      ['the flags at a wrong offset', 'words[at + 6] = flags;', 'words[at + 4] = flags;'],
      ['nbytes is 0 when ready', 'words[at + 4] = readyBytes;', 'words[at + 4] = 0;'],
      ['nbytes is 1 of an error', 'error === 0 ? 1 : 0', '1'],
      ['the padding is not cleared', 'words[at + 3] = 0;', ''],
      ['the last padding is not cleared', 'words[at + 7] = 0;', ''],
      ['half of nbytes is not written', 'words[at + 5] = 0;', ''],
      [
        'half of the userdata is lost',
        'words[at + 1] = list[subscription + 1] as number;',
        'words[at + 1] = 0;',
      ],
      ['events lie too close', 'this.#at = at + Event.WORDS;', 'this.#at = at + Event.WORDS - 1;'],
    ],
  ),
  ...faults(
    'layout.ts',
    ['poll-clocks'],
    [
      ['the flags of a clock at 36', 'CLOCK_FLAGS: 40,', 'CLOCK_FLAGS: 36,'],
      ['the timeout of a clock at 32', 'CLOCK_TIMEOUT: 24,', 'CLOCK_TIMEOUT: 32,'],
    ],
  ),
];

const POLL_READINESS = [
  ...faults(
    'poll.ts',
    ['poll-states'],
    [
      [
        'a half-close is a hangup',
        '(readiness & Readiness.HANGUP) === 0 ?',
        '(readiness & (Readiness.HANGUP | Readiness.READ)) === 0 ?',
      ],
      [
        'nothing is a hangup',
        'this.#events.ready(index, tag, flags);',
        'this.#events.ready(index, tag, 0);',
      ],
      [
        'an error is not readiness for reading',
        'const READS = Readiness.READ | Readiness.ERROR | Readiness.HANGUP;',
        'const READS = Readiness.READ | Readiness.HANGUP;',
      ],
      [
        'a hangup is not readiness for writing',
        'const WRITES = Readiness.WRITE | Readiness.ERROR | Readiness.HANGUP;',
        'const WRITES = Readiness.WRITE | Readiness.ERROR;',
      ],
      [
        'a bad descriptor fails the whole call',
        'const prepared = this.#prepare(listPointer, count);',
        `const prepared = this.#prepare(listPointer, count);
    if (this.#list.known.some(({ error }) => error === Errno.BADF)) return -Errno.BADF;`,
      ],
      [
        'a bad descriptor is told when something else is',
        'this.#wait(isKnown ? 0 : this.#clocks.timeoutNs())',
        'this.#wait(this.#clocks.timeoutNs())',
      ],
      [
        'clocks that are due are dropped when a descriptor is ready',
        'this.#clocks.reportDue(this.#reportClock);',
        'if (this.#events.count === 0) this.#clocks.reportDue(this.#reportClock);',
      ],
      [
        'the readiness of one handle is told to the subscriptions of another direction',
        'tag === EventType.FD_READ ? READS : WRITES',
        'READS | WRITES',
      ],
    ],
  ),
  ...faults(
    'poll-list.ts',
    ['poll-states'],
    [
      [
        'what a second subscription asks for is lost',
        'interest |= this.tagOf',
        'interest = this.tagOf',
      ],
      ['a directory is ready', 'return Errno.NOTSUP;', 'return 0;'],
      ['a bad descriptor is INVAL', '? Errno.BADF :', '? Errno.INVAL :'],
    ],
  ),
  ...faults(
    'subscription-chains.ts',
    ['poll-states'],
    [['a duplicate is lost', 'this.#next[last] = index;', '']],
  ),
];

const POLL_CLOCKS = faults(
  'poll-clocks.ts',
  ['poll-clocks'],
  [
    [
      'a clock is early',
      'Math.max(0, clock.dueNs - this.#monotonicNs())',
      'Math.max(0, clock.dueNs - this.#monotonicNs() - 500_000)',
    ],
    [
      'every instant is of the realtime clock',
      'const isRealtime = isInstant && clock === ClockId.REALTIME;',
      'const isRealtime = isInstant;',
    ],
    [
      'every instant is of the monotonic clock',
      'const isRealtime = isInstant && clock === ClockId.REALTIME;',
      'const isRealtime = false;',
    ],
    [
      'an instant is taken for a duration',
      'const isInstant = flags === CLOCK_ABSTIME;',
      'const isInstant = false;',
    ],
    [
      'only the first clock that is due is reported',
      'if (this.#remainingNs(clock) === 0) report(clock.index);',
      'if (this.#remainingNs(clock) === 0) return report(clock.index);',
    ],
    ['a timeout of 32 bits', 'wordsToDurationNs(low, high)', 'wordsToDurationNs(low, 0)'],
    ['padding is taken for flags', ' & 0xffff;', ';'],
    ['any flag of a clock is taken', 'if ((flags & ~CLOCK_ABSTIME) !== 0) return Errno.INVAL;', ''],
    [
      'a clock of CPU time is INVAL',
      'if (clock === ClockId.PROCESS_CPU || clock === ClockId.THREAD_CPU) return Errno.NOTSUP;',
      '',
    ],
    [
      'the last of several clocks decides how long to wait',
      'leastNs = Math.min(leastNs,',
      'leastNs = Math.min(Infinity,',
    ],
  ],
);

const POLL_CHANGES = [
  ...faults(
    'descriptors.ts',
    ['poll-changes'],
    [
      [
        'an accept does not advance the epoch',
        'if (descriptor.isAccepted) this.#acceptedCount++;\n    this.#advance(NO_HANDLE);',
        'if (descriptor.isAccepted) this.#acceptedCount++;',
      ],
      [
        'a close and a renumbering do not advance the epoch',
        'this.#openCount--;\n    this.#advance(handle);',
        'this.#openCount--;',
      ],
    ],
  ),
  ...faults(
    'poll-list.ts',
    ['poll-changes'],
    [
      [
        'only the bytes of a list are compared',
        ' || this.#epoch !== this.#sandbox.descriptors.epoch) return false;',
        ') return false;',
      ],
    ],
  ),
  ...faults(
    'descriptors.ts',
    ['poll-updates'],
    [
      ['of a renumbering it is forgotten what was replaced', 'this.#advance(removed.handle);', ''],
      [
        'of a close it is forgotten what it was',
        'this.#free(fd, removed.handle);',
        'this.#free(fd, 0);',
      ],
      [
        'a change of an unknown number is one of none',
        'this.#advance(UNKNOWN_CHANGE);',
        'this.#advance(0);',
      ],
    ],
  ),
  ...faults(
    'poll-list.ts',
    ['poll-updates'],
    [
      [
        'more changes than are remembered are not seen',
        'descriptors.epoch - this.#epoch > CHANGES_KEPT',
        'false',
      ],
      [
        'a number that is open now stays bad',
        'return this.known.every(({ index }) => this.#noteChange(index));',
        'return true;',
      ],
      [
        'what is behind the last list is not taken over',
        'index < Math.max(count, this.count); index++',
        'index < this.count; index++',
      ],
      [
        'what was behind the new list stays',
        'index < Math.max(count, this.count); index++',
        'index < count; index++',
      ],
      [
        'half of a list that differs is not compared',
        'return this.#findDifferent(pointer, middle, end);',
        'return true;',
      ],
      ['another descriptor is not seen', 'guest[guestAt + 2] !== quads[at + 2]', 'false'],
      ['another time of a clock is not seen', '!this.#isSameClock(pointer, index)', 'false'],
      [
        'a tag without meaning is taken by an update',
        'if (!this.#take(index)) return false;',
        'this.#take(index);',
      ],
    ],
  ),
  ...faults(
    'subscription-chains.ts',
    ['poll-updates'],
    [
      ['the first of a handle is inserted behind another', 'this.#next[last] = ~index;', ''],
      ['the place before the last is lost', 'if (next < 0) this.#setLast(handle, before);', ''],
      ['a handle without subscription is counted', 'this.handlesCount--;', ''],
    ],
  ),
  ...faults(
    'poll-registration.ts',
    ['poll-updates'],
    [
      [
        'of an update only new handles are watched',
        'for (let at = 0; at < list.changesCount; at++) {',
        'for (let at = 0; at < list.changesCount - 1; at++) {',
      ],
    ],
  ),
  ...faults(
    'poll-list.ts',
    ['poll-lists'],
    [
      [
        'the clocks of an unchanged list stay as they were',
        'this.#copy(pointer, index * Subscription.BYTES, (index + 1) * Subscription.BYTES);',
        '',
      ],
      [
        'a descriptor where a clock was is not seen',
        'if (guest[tagAt] !== EventType.CLOCK) return false;',
        '',
      ],
      [
        'what comes after the last clock is not compared',
        'if (!this.#areSame(pointer, from, count)) return false;',
        '',
      ],
      ['another userdata of a short list is not seen', 'guest[guestAt] !== quads[at] ||', ''],
      ['another tag of a short list is not seen', 'guest[guestAt + 1] !== quads[at + 1] ||', ''],
      [
        'another descriptor of a short list is not seen',
        'guest[guestAt + 2] !== quads[at + 2]',
        'false',
      ],
    ],
  ),
  ...faults(
    'poll-registration.ts',
    ['poll-kernel'],
    [
      [
        'write interest is not dropped',
        'if ((list.interestOf(handle) & Readiness.WRITE) === 0) this.#dropWrite(handle, list);',
        '',
      ],
      [
        'a handle is watched for nothing',
        'if (wanted === 0 || this.#interestOf(handle) === 0) this.#unwatch(handle);',
        'if (this.#interestOf(handle) === 0) this.#unwatch(handle);',
      ],
      [
        'what no one waits for is never dropped',
        'if (wanted === 0) this.#unwatch(handle);',
        'if (wanted === 0) return;',
      ],
      [
        'the successor of a handle is taken for watched',
        'return this.#watchedHandle[at] === handle ? (this.#watchedInterest[at] as number) : 0;',
        'return this.#watchedInterest[at] ?? 0;',
      ],
      ['an unchanged list is watched anew', 'if ((wanted & ~watched) === 0) return 0;', ''],
    ],
  ),
];

export const POLL_FAULTS: readonly Fault[] = [
  ...POLL_CALL,
  ...POLL_EVENTS,
  ...POLL_READINESS,
  ...POLL_CLOCKS,
  ...POLL_CHANGES,
];

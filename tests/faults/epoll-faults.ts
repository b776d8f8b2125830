// Mistakes in the epoll imports.

import { type Fault, faults } from './fault.ts';

const IMPORTS = 'dialects/wasix-epoll.ts';
const INSTANCES = 'epoll-instances.ts';

const EPOLL_CTL = [
  ...faults(
    IMPORTS,
    ['epoll-ctl'],
    [
      [
        'an instance is given to the guest although its number has no place',
        'if (!sandbox.memory.holds(fdOut, 4)) return -Errno.FAULT;',
        '',
      ],
      [
        'an event that leaves the memory is read',
        'if (op !== EpollCtl.DEL && !sandbox.memory.holds(event, EpollEvent.BYTES)) {',
        'if (op !== EpollCtl.DEL && !sandbox.memory.holds(event, 4)) {',
      ],
      ['DEL wants an event', 'if (op !== EpollCtl.DEL && !sandbox', 'if (!sandbox'],
      [
        'a file is not PERM once it is known to be one',
        'if (target.isAlwaysReady || target.fileType === FileType.DIRECTORY) return -Errno.PERM;',
        '',
      ],
      [
        'an instance in itself is LOOP',
        'if (!(instance instanceof EpollInstance) || instance === target) return -Errno.INVAL;',
        'if (!(instance instanceof EpollInstance)) return -Errno.INVAL;',
      ],
      [
        'an instance in an instance is taken',
        'if (target.kind === Kind.EPOLL && op === EpollCtl.ADD) return -Errno.LOOP;',
        'if (target.kind === Kind.EPOLL && op === EpollCtl.ADD) return 0;',
      ],
      ['an unknown operation is MOD', 'op > EpollCtl.DEL ? -Errno.INVAL :', 'op < 0 ? 0 :'],
      [
        'a descriptor is added twice',
        'if (op === EpollCtl.ADD && at >= 0) return -Errno.EXIST;',
        '',
      ],
      [
        'MOD adds what is not in',
        'if (op !== EpollCtl.ADD && at < 0) return -Errno.NOENT;',
        'if (op === EpollCtl.DEL && at < 0) return -Errno.NOENT;',
      ],
    ],
  ),
  ...faults(
    INSTANCES,
    ['epoll-ctl'],
    [
      [
        'instances do not count as descriptors',
        'if (descriptors.openCount >= fdCountMax) return -Errno.MFILE;',
        '',
      ],
      [
        'there may be any number of instances',
        'if (this.#instances.length >= INSTANCE_COUNT_MAX) return -Errno.MFILE;',
        '',
      ],
      [
        'the set of a closed instance stays open',
        'this.#sandbox.kernel.closeSet(instance.set);',
        '',
      ],
      [
        'a closed instance still counts',
        'this.#instances.splice(this.#instances.indexOf(instance), 1);',
        '',
      ],
      [
        'the registrations of a closed instance still count',
        'if (instance.records[at] !== 0) this.#recordCount--;',
        '',
      ],
      ['registrations are not limited', 'return -Errno.NOSPC;', ''],
      ['MOD needs room for one more', 'if (isNew && this.#recordCount', 'if (this.#recordCount'],
      [
        'what is taken out still counts',
        'instance.records[at] = 0;\n    this.#recordCount--;',
        'instance.records[at] = 0;',
      ],
      [
        'what is taken out is still there',
        'instance.records[at] = 0;\n    this.#recordCount--;',
        'this.#recordCount--;',
      ],
      [
        'what is taken out is still watched',
        'this.#sandbox.kernel.unwatch(instance.set, instance.records[at] as Handle);',
        '',
      ],
    ],
  ),
];

const EPOLL_INSTANCES = [
  ...faults(
    INSTANCES,
    ['epoll-instances'],
    [
      [
        'the successor of a handle is taken for it',
        'return this.records[at] === handle ? at : NONE;',
        'return this.records[at] === undefined || this.records[at] === 0 ? NONE : at;',
      ],
    ],
  ),
  ...faults(
    'fd.ts',
    ['epoll-instances', 'epoll-ctl'],
    [
      ['what is closed is not forgotten', 'epolls.forget(descriptor.handle);', ''],
      [
        'an instance has the rights of a stream',
        'if (descriptor.kind === Kind.EPOLL) return anything;',
        '',
      ],
    ],
  ),
  ...faults(
    'descriptors.ts',
    ['epoll-instances'],
    [
      [
        'poll_oneoff waits for an instance',
        'this.fileType === FileType.DIRECTORY || this.kind === Kind.EPOLL',
        'this.fileType === FileType.DIRECTORY',
      ],
      ['an instance is a socket', 'this.kind <= Kind.STREAM', 'this.kind !== Kind.STDIO'],
    ],
  ),
  ...faults(
    IMPORTS,
    ['epoll-instances'],
    [['a drained listener is BADF', 'if (target.isRetired) return 0;', '']],
  ),
];

const EPOLL_WAIT = [
  ...faults(
    IMPORTS,
    ['epoll-modes'],
    [
      [
        'RDHUP is asked for in any case',
        '((events & EpollType.RDHUP) === 0 ? 0 : Readiness.READ_HANGUP)',
        'Readiness.READ_HANGUP',
      ],
      ['ET is a level', '(events & EpollType.ET) === 0 ? Mode.LEVEL : Mode.EDGE', 'Mode.LEVEL'],
      [
        'a one-shot is an edge where both are asked for',
        'if ((events & EpollType.ONESHOT) !== 0) return Mode.ONE_SHOT;',
        'if ((events & (EpollType.ONESHOT | EpollType.ET)) === EpollType.ONESHOT) return Mode.ONE_SHOT;',
      ],
      [
        'ERR and HUP have the numbers of the kernel',
        '((readiness & (Readiness.ERROR | Readiness.HANGUP)) << 2)',
        '(readiness & (Readiness.ERROR | Readiness.HANGUP))',
      ],
      ['RDHUP is not told', '((readiness & Readiness.READ_HANGUP) >> 2)', '0'],
      [
        'the data of an event is its first half',
        'for (let word = 1; word < EpollEvent.WORDS; word++) {\n      instance.records',
        'for (let word = 1; word < 4; word++) {\n      instance.records',
      ],
      [
        'the data of an event is written in half',
        'for (let word = 1; word < EpollEvent.WORDS; word++) {\n        view.set',
        'for (let word = 1; word < 4; word++) {\n        view.set',
      ],
    ],
  ),
  ...faults(
    IMPORTS,
    ['epoll-wait'],
    [
      [
        'room for none waits',
        'if (countMax === 0 || countMax > COUNT_MAX) return -Errno.INVAL;',
        'if (countMax > COUNT_MAX) return -Errno.INVAL;',
      ],
      [
        'room for a negative number is FAULT',
        'if (countMax === 0 || countMax > COUNT_MAX) return -Errno.INVAL;',
        'if (countMax === 0) return -Errno.INVAL;',
      ],
      [
        'the place of the first event alone is checked',
        'memory.holds(eventsOut, countMax * EpollEvent.BYTES)',
        'memory.holds(eventsOut, EpollEvent.BYTES)',
      ],
      [
        'the size of the events wraps',
        'memory.holds(eventsOut, countMax * EpollEvent.BYTES)',
        'memory.holds(eventsOut, (countMax * EpollEvent.BYTES) >>> 0)',
      ],
      [
        'the place of the count is not checked before the wait',
        'if (!memory.holds(countOut, 4)) return -Errno.FAULT;',
        '',
      ],
      [
        'a socket is taken for an instance before its places are checked',
        'if (!memory.holds(eventsOut,',
        'if (!(instance instanceof EpollInstance)) return -Errno.INVAL;\n      if (!memory.holds(eventsOut,',
      ],
      ['events lie too close', 'pointer += EpollEvent.BYTES;', 'pointer += 24;'],
      [
        'more is told than there is room for',
        'lists.of(Math.min(countMax, READY_COUNT_MAX))',
        'lists.of(READY_COUNT_MAX)',
      ],
      [
        'a list is used for another room',
        'if (this.#last.capacityCount === capacityCount) return this.#last;',
        'if (this.#last.capacityCount >= capacityCount) return this.#last;',
      ],
      [
        'a wake is told to a guest that runs _start',
        'if (result !== -Errno.INTR || sandbox.isInterruptible) return result;',
        'return result;',
      ],
      [
        'a wake is never told',
        'if (result !== -Errno.INTR || sandbox.isInterruptible) return result;',
        'if (result !== -Errno.INTR) return result;',
      ],
      [
        'after a wake the whole time is waited again',
        'leftNs = Math.max(0, deadlineNs - sandbox.monotonicNs());',
        'leftNs = timeoutNs * 100_000;',
      ],
      [
        'a wake ends the time',
        'leftNs = Math.max(0, deadlineNs - sandbox.monotonicNs());',
        'leftNs = 0;',
      ],
      [
        'the clock is read when there is no time to wait',
        'const hasDeadline = timeoutNs > 0 && timeoutNs < Infinity;',
        'const hasDeadline = timeoutNs < Infinity;',
      ],
      ['waits are not counted', 'sandbox.count(Counter.POLLS, 1);', ''],
      ['events are not counted', 'sandbox.count(Counter.EVENTS, count);', ''],
      [
        'the count is written before the events',
        'writeEvents(instance, ready, count, eventsOut);\n      memory.setUint32(countOut, count);',
        'memory.setUint32(countOut, count);\n      writeEvents(instance, ready, count, eventsOut);',
      ],
    ],
  ),
  ...faults(
    'hot-imports.ts',
    ['epoll-wait'],
    [['a timeout is signed', 'BigInt.asUintN(64, timeout as bigint)', 'timeout']],
  ),
];

const EPOLL_RANDOM = [
  ...faults(
    'dialects/wasix-layout.ts',
    ['epoll-random'],
    [
      ['MOD and DEL are each other', 'MOD: 1, DEL: 2', 'MOD: 2, DEL: 1'],
      ['ONESHOT is 256', 'ONESHOT: 128', 'ONESHOT: 256'],
    ],
  ),
];

export const EPOLL_FAULTS: readonly Fault[] = [
  ...EPOLL_CTL,
  ...EPOLL_INSTANCES,
  ...EPOLL_WAIT,
  ...EPOLL_RANDOM,
];

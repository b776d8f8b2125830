// Mistakes in what takes a descriptor: accepting, moving bytes, renumbering.

import { type Fault, faults } from './fault.ts';

const ACCEPT = faults(
  'sockets.ts',
  ['sock-accept'],
  [
    [
      'a connection is taken before the result is checked',
      'if (!sandbox.memory.holds(fdOut, 4)) return -Errno.FAULT;\n      if (descriptors',
      `if (!sandbox.memory.holds(fdOut, 4)) {
        kernel.accept(listener.handle);
        return -Errno.FAULT;
      }
      if (descriptors`,
    ],
    [
      'the flags of accept are ignored',
      'kind: Kind.STREAM, fileType, flags }',
      'kind: Kind.STREAM, fileType, flags: 0 }',
    ],
    [
      'the NONBLOCK of a listener is ignored',
      'if (handle !== -Errno.AGAIN || listener.isNonBlocking) return handle;',
      'if (handle !== -Errno.AGAIN) return handle;',
    ],
    [
      'any flag of accept is taken',
      'if ((flags & ~FdFlags.NONBLOCK) !== 0) return -Errno.INVAL;',
      '',
    ],
    [
      'the guest may have any number of descriptors',
      'if (descriptors.openCount >= sandbox.fdCountMax) {',
      'if (descriptors.openCount > sandbox.fdCountMax) {',
    ],
  ],
);

const REFUSALS = faults(
  'sockets.ts',
  ['fd-kinds'],
  [
    [
      'a byte is received before the results are checked',
      'if (!memory.holds(countOut, 4) || !memory.holds(roFlagsOut, 2)) return -Errno.FAULT;',
      `if (!memory.holds(countOut, 4) || !memory.holds(roFlagsOut, 2)) {
        kernel.recv(socket.handle, 0, 1, 0);
        return -Errno.FAULT;
      }`,
    ],
    [
      'the second result is not checked',
      'if (!memory.holds(countOut, 4) || !memory.holds(roFlagsOut, 2)) return -Errno.FAULT;',
      'if (!memory.holds(countOut, 4)) return -Errno.FAULT;',
    ],
    ['any flag of recv is taken', 'if ((riFlags & ~RI_FLAGS_ALL) !== 0) return -Errno.INVAL;', ''],
    ['any flag of send is taken', 'if (siFlags !== 0) return -Errno.INVAL;', ''],
  ],
);

const ARGUMENTS = [
  ...faults(
    'descriptors.ts',
    ['fd-kinds'],
    [
      [
        'descriptors are cut to 16 bits',
        'return this.#slots[fd];',
        'return this.#slots[fd & 0xffff];',
      ],
    ],
  ),
  ...faults(
    'imports.ts',
    ['fd-kinds'],
    [
      [
        'arguments are signed',
        'body(a >>> 0, b >>> 0, c >>> 0, d >>> 0, e >>> 0, f >>> 0, g >>> 0)',
        'body(a, b, c, d, e, f, g)',
      ],
    ],
  ),
  ...faults(
    'memory.ts',
    ['fd-kinds'],
    [
      [
        'a range that wraps is in the memory',
        'return pointer + lengthBytes <= this.lengthBytes;',
        'return (pointer + lengthBytes) >>> 0 <= this.lengthBytes;',
      ],
    ],
  ),
  ...faults(
    'memory.ts',
    ['poll'],
    [
      [
        'the last byte of the memory is not in it',
        'return pointer + lengthBytes <= this.lengthBytes;',
        'return pointer + lengthBytes < this.lengthBytes;',
      ],
    ],
  ),
  ...faults(
    'sandbox.ts',
    ['poll'],
    [
      [
        'a memory that grew is not seen',
        'if (memory === undefined || memory.isStale) this.#renewMemory(memory);',
        'if (memory === undefined) this.#renewMemory(memory);',
      ],
    ],
  ),
];

const TRANSFER = [
  ...faults(
    'transfer.ts',
    ['sock-recv'],
    [
      ['WAITALL stops early', 'if (!isWaitAll) break;', 'break;'],
      ['PEEK takes the bytes', 'isPeek ? RECV_PEEK : 0', '0'],
      [
        'bytes that were peeked at are counted',
        'if (!isPeek) this.#sandbox.count(',
        'this.#sandbox.count(',
      ],
      ['a reset after some bytes is lost', 'descriptor.heldError = result;', ''],
      [
        'no byte asked for is not 0 bytes',
        `while (iovecs.remainingBytes > 0) {
      if (doneBytes > 0) this.#sandbox.pulse();
      const result = iovecs.recv(`,
        `for (;;) {
      if (doneBytes > 0) this.#sandbox.pulse();
      const result = iovecs.recv(`,
      ],
    ],
  ),
  ...faults(
    'transfer.ts',
    ['streams'],
    [
      ['a blocking send stops short', 'if (socket.isNonBlocking) break;', 'break;'],
      [
        'a blocking write stops short',
        'if (result >= 0) {\n        doneBytes += result;',
        'if (result >= 0) {\n        return result;',
      ],
      [
        'a stream never blocks',
        'if (result !== -Errno.AGAIN || stream.isNonBlocking) return result;',
        'return result;',
      ],
    ],
  ),
  ...faults(
    'iovecs.ts',
    ['iovecs'],
    [
      ['more than 1,024 buffers are used', 'Math.min(listCount, IOVEC_COUNT_MAX)', 'listCount'],
      [
        'the bytes of a list wrap',
        '!memory.holds(listPointer, listCount * Iovec.BYTES)',
        '!memory.holds(listPointer, (listCount * Iovec.BYTES) >>> 0)',
      ],
      [
        'an empty buffer is not checked',
        'if (!memory.holds(pointer, lengthBytes)) return -Errno.FAULT;',
        'if (lengthBytes > 0 && !memory.holds(pointer, lengthBytes)) return -Errno.FAULT;',
      ],
      ['4 GiB are counted as 0', 'TOTAL_BYTES_MAX - this.remainingBytes', 'lengthBytes'],
    ],
  ),
  ...faults(
    'iovecs.ts',
    ['streams'],
    [
      [
        'a buffer that is partly sent is sent from its beginning',
        '= this.pointer + used;',
        '= this.pointer;',
      ],
    ],
  ),
];

const DESCRIPTORS = [
  ...faults(
    'descriptors.ts',
    ['sock-recv'],
    [
      [
        'a receive into one buffer never blocks',
        'const ONE_CALL_BITS = KIND_BITS | NONBLOCK | (ERROR_BITS << ERROR_SHIFT);\nconst ONE_CALL = Kind.STREAM | NONBLOCK;',
        'const ONE_CALL_BITS = KIND_BITS | (ERROR_BITS << ERROR_SHIFT);\nconst ONE_CALL = Kind.STREAM;',
      ],
      [
        'a receive into one buffer does not tell what was held',
        'KIND_BITS | NONBLOCK | (ERROR_BITS << ERROR_SHIFT);',
        'KIND_BITS | NONBLOCK;',
      ],
    ],
  ),
  ...faults(
    'fd.ts',
    ['fd-renumber'],
    [
      ['renumbering leaks what it replaces', 'close(target);', ''],
      ['renumbering onto itself closes', 'if (from === to) return 0;', ''],
      [
        'renumbering onto a closed number',
        'if (descriptors.get(from) === undefined || target === undefined) return -Errno.BADF;',
        `if (descriptors.get(from) === undefined) return -Errno.BADF;
      if (target === undefined) {
        descriptors.move(from, to);
        return 0;
      }`,
      ],
    ],
  ),
  ...faults(
    'fd.ts',
    ['fd-kinds'],
    [
      [
        'the padding of fdstat is not cleared',
        'memory.bytes.fill(0, out, out + Fdstat.BYTES);',
        '',
      ],
      [
        'flags that mean nothing are taken',
        'if ((flags & ~FdFlags.NONBLOCK) !== 0) return -Errno.NOTSUP;',
        '',
      ],
    ],
  ),
  ...faults(
    'fd.ts',
    ['endings'],
    [
      [
        'a closed connection stays open',
        'if (!descriptor.isRetired) kernel.close(descriptor.handle);',
        '',
      ],
    ],
  ),
  ...faults(
    'descriptors.ts',
    ['sock-accept'],
    [
      [
        'a number that was freed is not given again',
        'const lowest = bits & -bits;',
        'const lowest = 1 << (31 - Math.clz32(bits));',
      ],
    ],
  ),
];

const PLAIN = [
  ...faults(
    'hot-imports.ts',
    ['sock-recv'],
    [
      [
        'PEEK into one buffer takes the bytes',
        'if (iovsCount === 1 && riFlags === 0) {',
        'if (iovsCount === 1) {',
      ],
    ],
  ),
  ...faults(
    'hot-imports.ts',
    ['fd-kinds'],
    [
      [
        'flags of sending one buffer are not looked at',
        'if (iovsCount === 1 && siFlags === 0) {',
        'if (iovsCount === 1) {',
      ],
    ],
  ),
  ...faults(
    'plain-messages.ts',
    ['iovecs'],
    [
      [
        'a list or a count that is not aligned is looked for where it would be',
        'const isAligned = ((iovs | countOut) & 3) === 0;',
        'const isAligned = true;',
      ],
      [
        'a list at 2 GiB is read',
        'if ((iovs | countOut) < 0 || !isAligned) return NONE;',
        'if (!isAligned) return NONE;',
      ],
      [
        'the flags of a receive leave the memory',
        'if (roFlagsOut < 0 || roFlagsOut + 2 > memory.lengthBytes) return NOT_PLAIN;',
        '',
      ],
      [
        'the flags are written over the count',
        `memory.view.setUint16(roFlagsOut, 0, true);
      memory.words[countOut >> 2] = result;`,
        `memory.words[countOut >> 2] = result;
      memory.view.setUint16(roFlagsOut, 0, true);`,
      ],
      [
        'received bytes are not counted',
        'counters[Counter.RECEIVED_BYTES] = (counters[Counter.RECEIVED_BYTES] as number) + result;',
        '',
      ],
      [
        'sent bytes are not counted',
        'counters[Counter.SENT_BYTES] = (counters[Counter.SENT_BYTES] as number) + result;',
        '',
      ],
    ],
  ),
  ...faults(
    'plain-messages.ts',
    ['streams', 'sock-recv'],
    [
      [
        'a blocking receive of one buffer does not wait',
        `if (socket === undefined || !socket.isOneCall) return NOT_PLAIN;
      const result = kernel.recv(`,
        `if (socket === undefined) return NOT_PLAIN;
      const result = kernel.recv(`,
      ],
      [
        'a blocking send of one buffer stops short',
        `if (socket === undefined || !socket.isOneCall) return NOT_PLAIN;
      const result = kernel.send(`,
        `if (socket === undefined) return NOT_PLAIN;
      const result = kernel.send(`,
      ],
    ],
  ),
];

export const SOCKET_FAULTS: readonly Fault[] = [
  ...ACCEPT,
  ...REFUSALS,
  ...ARGUMENTS,
  ...TRANSFER,
  ...PLAIN,
  ...DESCRIPTORS,
];

// Mistakes in connections that a guest makes.

import { type Fault, faults } from './fault.ts';

const POLICY = [
  ...faults(
    'connect-policy.ts',
    ['connect-policy'],
    [
      [
        'a mapped address is judged as IPv6',
        'if (isMapped(groups)) return reachedBy(',
        'if (groups.length === 0) return reachedBy(',
      ],
      [
        'the address of no host is judged as it stands',
        "host: isNoHost ? '127.0.0.1' : host",
        'host',
      ],
      [
        'the IPv6 address of no host is judged as it stands',
        "host: isNoHost ? '::1' : formatIpv6(groups)",
        'host: formatIpv6(groups)',
      ],
      [
        'the family of a rule is not looked at',
        'rule.family === family &&',
        "rule.family !== 'unix' &&",
      ],
      ['the last port of a range is left out', 'port <= rule.ports.last', 'port < rule.ports.last'],
      ['every port from the first on', 'port <= rule.ports.last &&', ''],
      ['a path that only begins so', 'rule.path === path', 'path.startsWith(rule.path)'],
    ],
  ),
  ...faults(
    'connect-pattern.ts',
    ['connect-policy'],
    [
      [
        'a mask of whole bytes',
        'return (0xff << (8 - bits)) & 0xff;',
        'return bits > 0 ? 0xff : 0;',
      ],
      [
        'bits behind a prefix are taken',
        'if (!bytes.every((byte, at) => (byte & ~maskAt(prefixBits, at)) === 0)) {',
        'if (bytes.length === 0) {',
      ],
      ['a zone is dropped', "if (text.includes('%')) return", "if (text === '%') return"],
    ],
  ),
];

const CONNECT = [
  ...faults(
    'dialects/wasmedge.ts',
    ['connect-allowed'],
    [
      ['the policy is skipped', 'if (allowed === undefined) return -Errno.ACCES;', ''],
      [
        'the address is judged, and another is connected to',
        'return connect(socket, allowed);',
        'return connect(socket, address);',
      ],
      ['a connect does not advance the epoch', 'descriptors.touch();', ''],
    ],
  ),
  ...faults(
    'dialects/wasmedge.ts',
    ['sock-connect'],
    [
      [
        'a blocking socket does not wait',
        'if (!isUnderWay || socket.isNonBlocking) return result;',
        'return result;',
      ],
      [
        'a non-blocking socket waits',
        'if (!isUnderWay || socket.isNonBlocking) return result;',
        'if (!isUnderWay) return result;',
      ],
      [
        'a listener that was shut can be connected',
        'if (socket.kind === Kind.LISTENER) return -Errno.ISCONN;',
        '',
      ],
      ['a stream is taken for a socket', 'if (!socket.isSocket) return -Errno.NOTSOCK;', ''],
    ],
  ),
  ...faults(
    'dialects/wasmedge.ts',
    ['sock-open'],
    [
      [
        'the result is checked after the socket was opened',
        'if (!sandbox.memory.holds(fdOut, 4)) return -Errno.FAULT;',
        'if (!sandbox.memory.holds(fdOut, 4)) return kernel.open(familyName) && -Errno.FAULT;',
      ],
      [
        'a guest that may connect to nothing gets a socket',
        'if (connectPolicy.isEmpty) return -Errno.ACCES;',
        '',
      ],
      [
        'any number of sockets',
        'if (descriptors.openCount >= sandbox.fdCountMax) return -Errno.MFILE;',
        '',
      ],
      ['datagrams are streams', 'if (type === SockType.DGRAM) return -Errno.PROTOTYPE;', ''],
    ],
  ),
];

const ADDRESSES = [
  ...faults(
    'dialects/wasmedge-layout.ts',
    ['sock-connect'],
    [
      [
        'families are confused',
        'UNSPEC: 0, INET4: 1, INET6: 2, UNIX: 3',
        'UNSPEC: 0, INET4: 2, INET6: 1, UNIX: 3',
      ],
    ],
  ),
  ...faults(
    'dialects/wasmedge-address.ts',
    ['sock-connect'],
    [
      [
        'an address of 128 bytes is IPv4, whatever its family',
        'return readInet(memory, family, at, port);',
        'return readInet(memory, AddressFamily.INET4, at, port);',
      ],
      [
        'groups are read the wrong way round',
        'getUint16(at + 2 * index)',
        'getUint16(at + 2 * index, true)',
      ],
      ['ports wrap', 'if (port > PORT_MAX) return -Errno.INVAL;', 'port &= PORT_MAX;'],
      [
        'the bytes of an address are not checked',
        'if (!memory.holds(from, lengthBytes)) return -Errno.FAULT;',
        '',
      ],
      ['a path that is empty', "path === undefined || path === ''", 'path === undefined'],
      ['a path that is no text', 'fatal: true', 'fatal: false'],
    ],
  ),
];

const OPTIONS = faults(
  'dialects/wasmedge-options.ts',
  ['sock-options'],
  [
    [
      'FAULT after the error was taken',
      'if (!memory.holds(valuePointer, countBytes)) return -Errno.FAULT;',
      'if (!memory.holds(valuePointer, countBytes)) return kernel.takeError(socket.handle) && -Errno.FAULT;',
    ],
    ['more is written than there is room for', 'Math.min(roomBytes, sizeBytes)', 'sizeBytes'],
    ['an error that was kept is not told', 'if (held !== 0) return -held;', ''],
    ['an error that was kept is told for ever', 'socket.heldError = 0;', ''],
    ['a size of 2^31 bytes', 'if (roomBytes > 0x7fff_ffff) return -Errno.INVAL;', ''],
    ['a value of fewer bytes is read', 'if (sizeBytes < leastBytes) return -Errno.INVAL;', ''],
    [
      'a linger is on, whatever its first word',
      'if (memory.getUint32(at + Linger.IS_ON) === 0) return -1;',
      '',
    ],
  ],
);

const DRAIN = [
  ...faults(
    'drain.ts',
    ['drain'],
    [['connections of the guest’s own are ended', 'if (!descriptor.isAccepted) continue;', '']],
  ),
  ...faults(
    'descriptors.ts',
    ['drain'],
    [
      [
        'connections of the guest’s own hold a drain',
        'return this.kind === Kind.STREAM && (this.#bits & OUTGOING) === 0;',
        'return this.kind === Kind.STREAM;',
      ],
    ],
  ),
];

export const CONNECT_FAULTS: readonly Fault[] = [
  ...POLICY,
  ...CONNECT,
  ...ADDRESSES,
  ...OPTIONS,
  ...DRAIN,
];

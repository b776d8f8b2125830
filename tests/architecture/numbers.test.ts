// The guest's library, the host and the addon can't import each other, and know the same numbers.
// Each number that two of them know is compared, and one that only the guest knows is named here.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import {
  ClockId,
  FileType,
  HANDLE_INDEX_BITS,
  Mode,
  Readiness,
  Shutdown,
  SocketOption,
} from '../../host/kernel/kernel.ts';
import { ABI, Pin } from '../../host/kernel/native/binding.ts';
import * as batch from '../../host/kernel/native/batch.ts';
import { ANSWER_AT, DURATION_AT } from '../../host/kernel/native/hot-arguments.ts';
import * as core from '../../host/runtime/simulate/guest-core-layout.ts';
import * as wasmedge from '../../host/wasi/dialects/wasmedge-layout.ts';
import * as wasix from '../../host/wasi/dialects/wasix-layout.ts';
import * as layout from '../../host/wasi/layout.ts';
import { suite } from '../support/suite.ts';
import { assemblyConstants, assemblyOffsets, differences, headerConstants } from './numbers.ts';

const test = suite('the numbers that two sides know');

const guest = textOf('assembly/abi/wasip1-layout.ts');

/** The host's numbers by the names that the guest's library gives them. */
const HOST_FOR_GUEST = new Map<string, number>([
  ...Object.entries(Errno),
  ...prefixed('EVENTTYPE_', layout.EventType),
  ...prefixed('CLOCKID_', ClockId),
  ...prefixed('FDFLAGS_', layout.FdFlags),
  ...prefixed('FILETYPE_', FileType),
  ...prefixed('RIFLAGS_', layout.RiFlags),
  ...prefixed('RIGHTS_', layout.Rights),
  ['SDFLAGS_WR', Shutdown.WRITE],
  ['EVENTRWFLAGS_HANGUP', layout.EVENT_HANGUP],
  ['SUBCLOCKFLAGS_ABSTIME', layout.CLOCK_ABSTIME],
]);

/** What the guest alone needs to know. */
const GUEST_ONLY = new Set(['STDIN', 'STDOUT', 'STDERR', 'FD_PREOPENED_FIRST']);

/** What the host calls a size or an offset that the guest's library pins. */
const OFFSETS = new Map<string, number>([
  ['Iovec', layout.Iovec.BYTES],
  ['Iovec.lengthBytes', layout.Iovec.LEN],
  ['Fdstat', layout.Fdstat.BYTES],
  ['Fdstat.flags', layout.Fdstat.FLAGS],
  ['Fdstat.rightsBase', layout.Fdstat.RIGHTS_BASE],
  ['SubscriptionFd', layout.Subscription.BYTES],
  ['SubscriptionFd.tag', layout.Subscription.TAG],
  ['SubscriptionFd.fd', layout.Subscription.FD],
  ['SubscriptionClock', layout.Subscription.BYTES],
  ['SubscriptionClock.tag', layout.Subscription.TAG],
  ['SubscriptionClock.clockId', layout.Subscription.CLOCK_ID],
  ['SubscriptionClock.timeoutNs', layout.Subscription.CLOCK_TIMEOUT],
  ['SubscriptionClock.precisionNs', layout.Subscription.CLOCK_PRECISION],
  ['SubscriptionClock.flags', layout.Subscription.CLOCK_FLAGS],
  ['Event', layout.Event.BYTES],
  ['Event.error', layout.Event.ERROR],
  ['Event.type', layout.Event.TYPE],
  ['Event.readyBytes', layout.Event.NBYTES],
  ['Event.flags', layout.Event.FLAGS],
]);

const guestName = (name: string): string | undefined => (GUEST_ONLY.has(name) ? undefined : name);

test('the guest and the host know the same errnos, flags and tags', () => {
  const constants = assemblyConstants(guest);
  assert.ok(constants.size >= Object.keys(Errno).length);
  assert.equal(differences(constants, HOST_FOR_GUEST, guestName), []);
});

test('the guest and the host know the same numbers of WASIX, all of them', () => {
  const text = textOf('assembly/abi/wasix-layout.ts');
  const { BYTES, PTR, FD, DATA1, DATA2 } = wasix.EpollEvent;
  const host = new Map<string, number>([
    ...prefixed('EPOLL', wasix.EpollType),
    ...prefixed('EPOLL_CTL_', wasix.EpollCtl),
    ...prefixed('EpollEvent.', { ptr: PTR, fd: FD, data1: DATA1, data2: DATA2 }),
    ['EpollEvent', BYTES],
  ]);
  const known = new Map([...assemblyConstants(text), ...assemblyOffsets(text)]);
  assert.equal([...known].sort(), [...host].sort());
});

test('the guest has every errno', () => {
  const constants = assemblyConstants(guest);
  assert.equal(
    differences(new Map(Object.entries(Errno)), constants, (name) => name),
    [],
  );
});

test('the guest and the host know the same sizes and offsets', () => {
  const offsets = assemblyOffsets(guest);
  assert.ok(offsets.size > 15);
  assert.equal(
    differences(offsets, OFFSETS, (name) => name),
    [],
  );
});

test("the guest's core and the host know the same directory, slots and rings", () => {
  const word = (at: number): number => Buffer.from(core.MARKER).readUInt32LE(at);
  const fields = Object.entries(core.Directory).map(([name, at]) => [`${name}_AT`, at] as const);
  const host = new Map<string, number>([
    ...[0, 1, 2, 3].map((index) => [`MARKER_${index}`, word(4 * index)] as const),
    ['VERSION', core.VERSION],
    ...fields,
    ...Object.entries(core.Interest),
  ]);
  assert.is(core.MARKER.length, 16);
  const constants = new Map(
    ['core-layout', 'interest'].flatMap((name) => [
      ...assemblyConstants(textOf(`assembly/reactor/${name}.ts`)),
    ]),
  );
  const same = (name: string): string => name;
  assert.equal(differences(constants, host, same), []);
  assert.equal(differences(host, constants, same), []);
  const offsets = new Map<string, number>([
    ...Object.entries(core.Slot).map(([name, at]) => [`Slot.${name.toLowerCase()}`, at] as const),
    ['RingBuffer.block', core.Ring.BLOCK],
    ['RingBuffer.readIndex', core.Ring.READ_INDEX],
    ['RingBuffer.countBytes', core.Ring.COUNT_BYTES],
  ]);
  const pinned = new Map(
    ['reactor/core-directory', 'net/ring-buffer'].flatMap((name) => [
      ...assemblyOffsets(textOf(`assembly/${name}.ts`)),
    ]),
  );
  assert.equal(differences(pinned, offsets, same), []);
  assert.equal(differences(offsets, pinned, same), []);
});

test("the guest and the host know the same of WasmEdge's sockets", () => {
  const text = textOf('assembly/abi/wasmedge-layout.ts');
  const constants = assemblyConstants(text);
  const offsets = assemblyOffsets(text);
  const host = new Map<string, number>([
    ...prefixed('AF_', wasmedge.AddressFamily),
    ...prefixed('SOCK_', wasmedge.SockType),
    ...prefixed('SO_', wasmedge.SockOption),
    ['SOL_SOCKET', wasmedge.SOL_SOCKET],
    ['SockAddress', wasmedge.SockAddress.BYTES],
    ['SockAddress.lengthBytes', wasmedge.SockAddress.LEN],
    ['Linger', wasmedge.Linger.BYTES],
    ['Linger.seconds', wasmedge.Linger.SECONDS],
  ]);
  assert.equal([constants.size, offsets.size], [5, 4]);
  assert.equal(
    differences(new Map([...constants, ...offsets]), host, (name) => name),
    [],
  );
});

test('the addon and the host know the same errnos', () => {
  const header = headerConstants(textOf('native-host/core/wasi-errno.h'));
  const inHeader = (name: string): string => `WASI_${name}`;
  const inHost = (name: string): string => name.replace(/^WASI_/, '');
  const host = new Map<string, number>(Object.entries(Errno));
  assert.equal(differences(host, header, inHeader), []);
  assert.equal(differences(header, host, inHost), []);
});

test('the addon and the host know the same readiness, modes, types and options', () => {
  const header = new Map(
    ['demux', 'handles', 'clocks', 'sockets', 'socket-options'].flatMap((name) => [
      ...headerConstants(textOf(`native-host/core/${name}.h`)),
    ]),
  );
  const host = new Map<string, number>([
    ...prefixed('POLLUX_', Readiness),
    ...prefixed('POLLUX_MODE_', Mode),
    ...prefixed('POLLUX_CLOCK_', ClockId),
    ...prefixed('POLLUX_SHUTDOWN_', Shutdown),
    ...prefixed('POLLUX_OPTION_', SocketOption),
    ...prefixed('POLLUX_FILE_', {
      UNKNOWN: FileType.UNKNOWN,
      BLOCK_DEVICE: FileType.BLOCK_DEVICE,
      CHARACTER_DEVICE: FileType.CHARACTER_DEVICE,
      DIRECTORY: FileType.DIRECTORY,
      REGULAR: FileType.REGULAR_FILE,
      SOCKET_DGRAM: FileType.SOCKET_DGRAM,
      SOCKET_STREAM: FileType.SOCKET_STREAM,
    }),
    ['POLLUX_HANDLE_INDEX_BITS', HANDLE_INDEX_BITS],
  ]);
  assert.equal(
    differences(host, header, (name) => name),
    [],
  );
});

test('the addon and the host know the same ABI number, pins and places of hot arguments', () => {
  const header = new Map(
    ['abi', 'kernel-object'].flatMap((name) => [
      ...headerConstants(textOf(`native-host/glue/${name}.h`)),
    ]),
  );
  const host = new Map<string, number>([
    ['POLLUX_ABI', ABI],
    ...prefixed('GLUE_', { DURATION_AT, ANSWER_AT }),
    ...prefixed('GLUE_PIN_', { ...Pin, COUNT: Object.keys(Pin).length }),
  ]);
  assert.equal(
    differences(host, header, (name) => name),
    [],
  );
});

test('the addon and the host know the same block of small messages', () => {
  const header = headerConstants(textOf('native-host/core/batch.h'));
  const places = headerConstants(textOf('native-host/glue/kernel-object.h'));
  const host = new Map<string, number>([
    ['POLLUX_BATCH_MESSAGE_BYTES_MAX', batch.MESSAGE_BYTES_MAX],
    ['POLLUX_BATCH_SENDING_BYTES', batch.SENDING_BYTES],
    ['POLLUX_BATCH_BURST_COUNT', batch.BURST_COUNT],
    ['POLLUX_BATCH_SENDS_COUNT_MAX', batch.SENDS_COUNT_MAX],
    ['POLLUX_BATCH_SLOTS_COUNT', batch.SLOTS_COUNT],
    ...placed('GLUE_BATCH_', batch.Field),
    ...placed('GLUE_BATCH_SLOT_', batch.Slot),
    ...placed('GLUE_BATCH_SEND_', batch.Send),
  ]);
  assert.equal(
    differences(host, new Map([...header, ...places]), (name) => name),
    [],
  );
});

test('a number that differs, or that one side lacks, is found', () => {
  const wrong = assemblyConstants(
    'export const AGAIN: u16 = 7;\nexport const NEW: u16 = 0x63;\nexport const STDERR: u32 = 2;',
  );
  assert.equal(differences(wrong, HOST_FOR_GUEST, guestName), [
    'AGAIN: 7, there 6',
    'NEW: 99, there undefined',
  ]);
  const offsets = assemblyOffsets(
    'if (offsetof<Event>("error") != 9) E; if (offsetof<Event>() != 32)',
  );
  assert.equal(
    differences(offsets, OFFSETS, (name) => name),
    ['Event.error: 9, there 8'],
  );
  const header = headerConstants('enum {\n  WASI_AGAIN = 7,\n};\n#define POLLUX_X 3\n');
  assert.equal(
    [...header],
    [
      ['WASI_AGAIN', 7],
      ['POLLUX_X', 3],
    ],
  );
});

/** Names as `PREFIX_NAME_AT`. */
function placed(prefix: string, numbers: Record<string, number>): [string, number][] {
  return Object.entries(numbers).map(([name, at]) => [`${prefix}${name}_AT`, at]);
}

function prefixed(prefix: string, numbers: Record<string, number>): [string, number][] {
  return Object.entries(numbers).map(([name, number]) => [prefix + name, number]);
}

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

test.run();

// How the lists and structures in a guest's memory are printed.

import { EpollEvent } from '../wasi/dialects/wasix-layout.ts';
import {
  CLOCK_ABSTIME,
  Event,
  EVENT_HANGUP,
  EventType,
  Fdstat,
  Iovec,
  Subscription,
} from '../wasi/layout.ts';
import type { GuestMemory } from '../wasi/memory.ts';
import { errnoName } from '../base/errno.ts';
import { formatAddress } from '../kernel/address.ts';
import { readSockAddress } from '../wasi/dialects/wasmedge-address.ts';
import { bytesText, clockText, flagsText, pointerText } from './text.ts';

/** Of a list in a line. */
const SHOWN_COUNT_MAX = 8;

const TYPE_NAMES: readonly string[] = Object.keys(EventType).map((name) => name.toLowerCase());

/** `[4096 at 0x10400]` */
export function iovecsText(memory: GuestMemory, list: number, count: number): string {
  return listText(memory, { list, count, elementBytes: Iovec.BYTES }, (at) => {
    const pointer = memory.getUint32(at + Iovec.BUF);
    return `${memory.getUint32(at + Iovec.LEN)} at ${pointerText(pointer)}`;
  });
}

/** `[fd_read fd 3, clock MONOTONIC in 1000000 ns]`, with what marks each in the events. */
export function subscriptionsText(memory: GuestMemory, list: number, count: number): string {
  return listText(memory, { list, count, elementBytes: Subscription.BYTES }, (at) => {
    const tag = memory.view.getUint8(at + Subscription.TAG);
    const type = TYPE_NAMES[tag] ?? `type ${tag}`;
    const userdata = userdataText(memory, at + Subscription.USERDATA);
    if (tag !== EventType.CLOCK) {
      return `${type} fd ${memory.getUint32(at + Subscription.FD)} ${userdata}`;
    }
    const clock = clockText(memory.getUint32(at + Subscription.CLOCK_ID));
    const flags = memory.view.getUint16(at + Subscription.CLOCK_FLAGS, true);
    const when = (flags & CLOCK_ABSTIME) === 0 ? 'in' : 'at';
    const timeout = memory.view.getBigUint64(at + Subscription.CLOCK_TIMEOUT, true);
    return `${type} ${clock} ${when} ${timeout} ns ${userdata}`;
  });
}

/** `[fd_read #7 HANGUP]`: what is not as usual is said, the errno and HANGUP. */
export function eventsText(memory: GuestMemory, list: number, count: number): string {
  return listText(memory, { list, count, elementBytes: Event.BYTES }, (at) => {
    const type = memory.view.getUint8(at + Event.TYPE);
    const error = memory.view.getUint16(at + Event.ERROR, true);
    const flags = memory.view.getUint16(at + Event.FLAGS, true);
    const userdata = userdataText(memory, at + Event.USERDATA);
    const parts = [TYPE_NAMES[type] ?? `type ${type}`, userdata];
    if (error !== 0) parts.push(errnoName(error));
    if ((flags & EVENT_HANGUP) !== 0) parts.push('HANGUP');
    return parts.join(' ');
  });
}

/** `[IN|HUP ptr 0x5 fd 5 data1 5 #5]` */
export function epollEventsText(memory: GuestMemory, list: number, count: number): string {
  return listText(memory, { list, count, elementBytes: EpollEvent.BYTES }, (at) =>
    epollEventText(memory, at),
  );
}

/** `IN|ET ptr 0x5 fd 5 data1 5 #5`: data2, the widest, as the userdata of poll_oneoff. */
export function epollEventText(memory: GuestMemory, at: number): string {
  return [
    flagsText('epoll_type', BigInt(memory.getUint32(at + EpollEvent.EVENTS))),
    `ptr ${pointerText(memory.getUint32(at + EpollEvent.PTR))}`,
    `fd ${memory.getUint32(at + EpollEvent.FD)}`,
    `data1 ${memory.getUint32(at + EpollEvent.DATA1)}`,
    userdataText(memory, at + EpollEvent.DATA2),
  ].join(' ');
}

const FILE_TYPE_NAMES = [
  ...['UNKNOWN', 'BLOCK_DEVICE', 'CHARACTER_DEVICE', 'DIRECTORY', 'REGULAR_FILE'],
  ...['SOCKET_DGRAM', 'SOCKET_STREAM', 'SYMBOLIC_LINK'],
];

/** `{SOCKET_STREAM, NONBLOCK, rights FD_READ|SOCK_ACCEPT}` */
export function fdstatText(memory: GuestMemory, at: number): string {
  const fileType = memory.view.getUint8(at + Fdstat.FILETYPE);
  const flags = memory.view.getUint16(at + Fdstat.FLAGS, true);
  const rights = memory.view.getBigUint64(at + Fdstat.RIGHTS_BASE, true);
  const parts = [
    FILE_TYPE_NAMES[fileType] ?? `type ${fileType}`,
    flagsText('fdflags', BigInt(flags)),
    `rights ${flagsText('rights', rights)}`,
  ];
  return `{${parts.join(', ')}}`;
}

/** `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/a`, or the pointer to what is no address. */
export function sockAddressText(memory: GuestMemory, pointer: number, port: number): string {
  const address = readSockAddress(memory, pointer, port);
  if (typeof address === 'number') return `${pointerText(pointer)}, ${port}`;
  // A path is the guest's choice.
  if (address.family === 'unix') return `unix:${bytesText(new TextEncoder().encode(address.path))}`;
  return formatAddress(address).slice('tcp:'.length);
}

/** By it a guest finds out what an event is about. */
function userdataText(memory: GuestMemory, at: number): string {
  return `#${memory.view.getBigUint64(at, true).toString(16)}`;
}

function listText(
  memory: GuestMemory,
  place: { readonly list: number; readonly count: number; readonly elementBytes: number },
  text: (at: number) => string,
): string {
  const { list, count, elementBytes } = place;
  if (!memory.holds(list, count * elementBytes)) return `${pointerText(list)}, ${count}`;
  const shownCount = Math.min(count, SHOWN_COUNT_MAX);
  const elements = Array.from({ length: shownCount }, (_, index) =>
    text(list + index * elementBytes),
  );
  if (count > shownCount) elements.push(`and ${count - shownCount} more`);
  return `[${elements.join(', ')}]`;
}

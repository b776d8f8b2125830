// How single values are printed: numbers, flags by name, bytes. Whatever a guest chose is fit for a
// terminal afterwards.

import { errnoName } from '../base/errno.ts';
import { AddressFamily, SockOption, SockType } from '../wasi/dialects/wasmedge-layout.ts';
import { EpollCtl } from '../wasi/dialects/wasix-layout.ts';
import { FLAG_NAMES, type FlagsKind, type Parameter } from '../wasi/signature.ts';

/** Of bytes in a line. */
const SHOWN_BYTES_MAX = 64;

const EPOLL_OP_NAMES: readonly string[] = Object.keys(EpollCtl);

const CLOCK_NAMES = ['REALTIME', 'MONOTONIC', 'PROCESS_CPUTIME', 'THREAD_CPUTIME'];

const ESCAPES: Readonly<Record<number, string>> = {
  0x09: '\\t',
  0x0a: '\\n',
  0x0d: '\\r',
  0x22: '\\"',
  0x5c: '\\\\',
};

/** `"Hello\n"`, and `"Hel"...` of more than are shown. */
export function bytesText(bytes: Uint8Array, shownBytesMax = SHOWN_BYTES_MAX): string {
  const shown = Array.from(bytes.subarray(0, shownBytesMax), (byte) => {
    const isPlain = byte >= 0x20 && byte < 0x7f;
    const hex = `\\x${byte.toString(16).padStart(2, '0')}`;
    return ESCAPES[byte] ?? (isPlain ? String.fromCharCode(byte) : hex);
  });
  return `"${shown.join('')}"${bytes.length > shownBytesMax ? '...' : ''}`;
}

/** `RD|WR`; bits without a name as one number; `0` for none. */
export function flagsText(kind: FlagsKind, value: bigint): string {
  const names = FLAG_NAMES[kind].filter((_, bit) => (value & (1n << BigInt(bit))) !== 0n);
  const rest = value & ~((1n << BigInt(FLAG_NAMES[kind].length)) - 1n);
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names.length === 0 ? '0' : names.join('|');
}

export function pointerText(pointer: number): string {
  return `0x${pointer.toString(16)}`;
}

/** The name of a number, or `family 7`. */
function nameText(numbers: Readonly<Record<string, number>>, what: string, value: number): string {
  return Object.keys(numbers).find((name) => numbers[name] === value) ?? `${what} ${value}`;
}

export function clockText(clock: number): string {
  return CLOCK_NAMES[clock] ?? `clock ${clock}`;
}

/** `SUCCESS`, an errno by name, or `?` for a call that did not return, as strace(1) has it. */
export function resultText(result: number | 'unwound'): string {
  return result === 'unwound' ? '?' : errnoName(result);
}

/** An argument, without looking at the memory. @param value unsigned */
export function argumentText({ kind }: Parameter, value: number | bigint): string {
  switch (kind) {
    case 'fd':
      return `fd ${value}`;
    case 'address':
    case 'pointer':
    case 'out':
    case 'epoll_event':
      return pointerText(Number(value));
    case 'clock':
      return clockText(Number(value));
    case 'family':
      return nameText(AddressFamily, 'family', Number(value));
    case 'socktype':
      return nameText(SockType, 'type', Number(value));
    case 'sockoption':
      return nameText(SockOption, 'option', Number(value));
    case 'epoll_op':
      return EPOLL_OP_NAMES[Number(value)] ?? `op ${value}`;
    case 'length':
    case 'count':
    case 'number':
    case 'port':
      return String(value);
    case 'epoll_type':
    case 'fdflags':
    case 'fstflags':
    case 'lookupflags':
    case 'oflags':
    case 'riflags':
    case 'rights':
    case 'sdflags':
    case 'siflags':
      return flagsText(kind, BigInt(value));
  }
}

/** A result of fixed size: a number where it is one. */
export function valueText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (bytes.length) {
    case 2:
      return String(view.getUint16(0, true));
    case 4:
      return String(view.getUint32(0, true));
    case 8:
      return String(view.getBigUint64(0, true));
    default:
      return bytesText(bytes);
  }
}

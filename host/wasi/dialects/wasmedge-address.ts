// Reads the addresses that WasmEdge's functions take. Which of its two versions a module was made
// for is told by how long its buffer is.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import type { Address } from '../../kernel/address.ts';
import { formatIpv6 } from '../../kernel/inet.ts';
import type { GuestMemory } from '../memory.ts';
import { AddressFamily, AddressV1, AddressV2, SockAddress } from './wasmedge-layout.ts';

const PORT_MAX = 0xffff;

/**
 * Reads the address at `pointer`.
 *
 * @param port in the host's order; not looked at in a unix address, which has none.
 * @returns it, or (a number) `-FAULT`; `-INVAL` for a length that neither version has, a port above
 *   65,535, or a path that is empty or no UTF-8; `-AFNOSUPPORT` for another family.
 */
export function readSockAddress(
  memory: GuestMemory,
  pointer: number,
  port: number,
): Address | SysResult {
  if (!memory.holds(pointer, SockAddress.BYTES)) return -Errno.FAULT;
  const from = memory.getUint32(pointer + SockAddress.BUF);
  const lengthBytes = memory.getUint32(pointer + SockAddress.LEN);
  if (!memory.holds(from, lengthBytes)) return -Errno.FAULT;
  switch (lengthBytes) {
    case AddressV1.IPV4_BYTES:
      return readInet(memory, AddressFamily.INET4, from, port);
    case AddressV1.IPV6_BYTES:
      return readInet(memory, AddressFamily.INET6, from, port);
    case AddressV2.BYTES: {
      const family = memory.view.getUint16(from + AddressV2.FAMILY, true);
      const at = from + AddressV2.ADDRESS;
      if (family !== AddressFamily.UNIX) return readInet(memory, family, at, port);
      return readPath(memory.bytes.subarray(at, from + AddressV2.BYTES));
    }
    default:
      return -Errno.INVAL;
  }
}

function readInet(
  memory: GuestMemory,
  family: number,
  at: number,
  port: number,
): Address | SysResult {
  if (family !== AddressFamily.INET4 && family !== AddressFamily.INET6) return -Errno.AFNOSUPPORT;
  if (port > PORT_MAX) return -Errno.INVAL;
  if (family === AddressFamily.INET4) {
    const host = memory.bytes.subarray(at, at + AddressV1.IPV4_BYTES).join('.');
    return { family: 'ipv4', host, port };
  }
  const groups = Array.from({ length: 8 }, (_, index) => memory.view.getUint16(at + 2 * index));
  return { family: 'ipv6', host: formatIpv6(groups), port };
}

/** A path that begins with its end names nothing: no socket outside of the file system, either. */
function readPath(bytes: Uint8Array): Address | SysResult {
  const end = bytes.indexOf(0);
  const path = decodePath(bytes.slice(0, end === -1 ? bytes.length : end));
  return path === undefined || path === '' ? -Errno.INVAL : { family: 'unix', path };
}

/** Replaced letters would name another file. */
function decodePath(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

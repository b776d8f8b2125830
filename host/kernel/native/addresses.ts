// Addresses on their way to the addon and back.

import type { SysResult } from '../../base/sys-result.ts';
import type { Address } from '../address.ts';
import { FAMILIES, type NativeAddress } from './binding.ts';

/** An address as it crosses. */
export function toNative(address: Address): NativeAddress {
  const family = FAMILIES.indexOf(address.family);
  return address.family === 'unix'
    ? [family, address.path, 0]
    : [family, address.host, address.port];
}

/** An address that has crossed, or the errno in its place. */
export function fromNative(address: NativeAddress | SysResult): Address | SysResult {
  if (typeof address === 'number') return address;
  const [index, host, port] = address;
  const family = FAMILIES[index] ?? 'unix';
  return family === 'unix' ? { family, path: host } : { family, host, port };
}

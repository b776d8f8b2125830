// A guest that makes connections, in worlds of both kernels: its calls in the words of the tests.

import * as assert from 'uvu/assert';
import type { Address, Family as FamilyName } from '../../host/kernel/address.ts';
import { Family, STREAM } from './wasmedge-spec.ts';
import { KERNELS, RESULT, type TestWorld, type TestWorldOptions, withWorld } from './world.ts';

/** Every address of the machine itself. */
export const LOOPBACK: readonly string[] = ['127.0.0.0/8:*', '[::1]:*'];

/** Where the struct, and the bytes of an address are put. */
export const ADDRESS = 2048;
export const ADDRESS_BYTES = 2112;
/** Where values of options, and their sizes are. */
export const VALUE = 3072;
export const SIZE = 3104;

export const FAMILIES: Readonly<Record<FamilyName, number>> = {
  ipv4: Family.INET4,
  ipv6: Family.INET6,
  unix: Family.UNIX,
};

type Test = (title: string, body: () => void) => void;

/** Defines a test for each kernel: its guest may connect to the loopback, if not said otherwise. */
export function onBoth(
  test: Test,
  title: string,
  body: (world: TestWorld) => void,
  options: TestWorldOptions = {},
): void {
  for (const [name, makeKernel] of KERNELS) {
    test(`${title} (${name})`, withWorld(body, { allowConnect: LOOPBACK, ...options, makeKernel }));
  }
}

/** sock_open. @returns the new fd */
export function open(world: TestWorld, family: FamilyName = 'ipv4', flags = 0): number {
  assert.is(world.errno('sock_open', FAMILIES[family], STREAM, RESULT), 'SUCCESS');
  const fd = world.caller.u32(RESULT);
  if (flags !== 0) assert.is(world.errno('fd_fdstat_set_flags', fd, flags), 'SUCCESS');
  return fd;
}

/** Puts an address into the memory. @returns its port */
export function putAddress(world: TestWorld, address: Address, version: 1 | 2 = 2): number {
  const host =
    address.family === 'unix' ? [...Buffer.from(address.path), 0] : hostBytes(address.host);
  const bytes = version === 1 ? host : framed(FAMILIES[address.family], host);
  putBytes(world, bytes);
  return address.family === 'unix' ? 0 : address.port;
}

/** Puts bytes there that may be an address. */
export function putBytes(
  world: TestWorld,
  bytes: readonly number[],
  lengthBytes = bytes.length,
): void {
  const { caller } = world;
  caller.view.setUint32(ADDRESS, ADDRESS_BYTES, true);
  caller.view.setUint32(ADDRESS + 4, lengthBytes, true);
  caller.bytes.set(bytes, ADDRESS_BYTES);
}

/** An address of version 2. */
export function framed(family: number, bytes: readonly number[]): number[] {
  return [family & 0xff, family >> 8, ...bytes, ...Array<number>(126 - bytes.length).fill(0)];
}

/** sock_connect. @returns the errno */
export function connectTo(
  world: TestWorld,
  fd: number,
  address: Address,
  version: 1 | 2 = address.family === 'unix' ? 2 : 1,
): string {
  return world.errno('sock_connect', fd, ADDRESS, putAddress(world, address, version));
}

/** sock_getsockopt with room for 4 bytes. @returns the number, or the errno */
export function getOption(world: TestWorld, fd: number, name: number): number | string {
  world.caller.view.setUint32(SIZE, 4, true);
  const errno = world.errno('sock_getsockopt', fd, 0, name, VALUE, SIZE);
  if (errno !== 'SUCCESS') return errno;
  assert.is(world.caller.u32(SIZE), 4);
  return world.caller.u32(VALUE);
}

/** sock_setsockopt of 32-bit words. @returns the errno */
export function setOption(world: TestWorld, fd: number, name: number, ...words: number[]): string {
  words.forEach((word, at) => world.caller.view.setUint32(VALUE + 4 * at, word, true));
  return world.errno('sock_setsockopt', fd, 0, name, VALUE, 4 * words.length);
}

/** The bytes of a numeric host, in network order. Of IPv6: groups, of which some may be left out. */
export function hostBytes(host: string): number[] {
  if (!host.includes(':')) return host.split('.').map(Number);
  const [head = '', tail] = host.split('::');
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (group.includes('.')) return group.split('.').map(Number);
          const number = parseInt(group, 16);
          return [number >> 8, number & 0xff];
        });
  const front = groups(head);
  const back = groups(tail ?? '');
  return [...front, ...Array<number>(16 - front.length - back.length).fill(0), ...back];
}

/** Runs `act` and sees that of the memory it changed `changes` and nothing else. */
export function changesOnly(
  world: TestWorld,
  changes: readonly (readonly [at: number, bytes: readonly number[]])[],
  act: () => void,
): void {
  const expected = Buffer.from(world.caller.bytes.slice());
  for (const [at, bytes] of changes) expected.set(bytes, at);
  act();
  assert.ok(Buffer.from(world.caller.bytes).equals(expected), 'other bytes of the memory changed');
}

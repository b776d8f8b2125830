// What the tests of NativeKernel start from: a kernel with memory, a connection, a way to wait.

import { readdirSync, readlinkSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { errnoName } from '../../host/base/errno.ts';
import type { SysResult } from '../../host/base/sys-result.ts';
import { NS_PER_S } from '../../host/base/units.ts';
import type { Address } from '../../host/kernel/address.ts';
import { type Handle, Readiness } from '../../host/kernel/kernel.ts';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import type { NativeKernelOptions } from '../../host/kernel/native/native-kernel-options.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { isOfLoader } from '../support/loader-files.ts';

/** How long to wait for what must come. */
export const PATIENCE_NS = 20 * NS_PER_S;
export const LOCAL: Address = { family: 'ipv4', host: '127.0.0.1', port: 0 };

export interface World {
  readonly kernel: NativeKernel;
  readonly memory: WebAssembly.Memory;
  readonly ready: ReadyList;
}

/** Runs `body` with a kernel, and ends the kernel in any case. */
export function withKernel(body: (world: World) => void, options: NativeKernelOptions = {}): void {
  const kernel = new NativeKernel(options);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 16 });
  kernel.attach(memory.buffer as ArrayBuffer);
  try {
    body({ kernel, memory, ready: new ReadyList(16) });
  } finally {
    kernel.destroy();
  }
}

/** The result of a call that must succeed. */
export function ok(result: SysResult): number {
  assert.ok(result >= 0, `expected success, got ${show(result)}`);
  return result;
}

/** A result as the tests write it: `5`, `-BADF`. */
export function show(result: SysResult): string {
  return result < 0 ? `-${errnoName(-result)}` : String(result);
}

export function listen(kernel: NativeKernel): { listener: Handle; address: Address } {
  const listener = ok(kernel.open('ipv4'));
  ok(kernel.bind(listener, LOCAL));
  ok(kernel.listen(listener, 16));
  const address = kernel.localAddress(listener);
  if (typeof address === 'number') throw new Error(show(address));
  return { listener, address };
}

/** A connection, both ends in one kernel. */
export function connectTo(kernel: NativeKernel): { near: Handle; far: Handle } {
  const { listener, address } = listen(kernel);
  const far = ok(kernel.open('ipv4'));
  assert.is(show(kernel.connect(far, address)), '-INPROGRESS');
  assert.is(waitFor(kernel, listener), 1);
  const near = ok(kernel.accept(listener));
  ok(kernel.close(listener));
  return { near, far };
}

/** Waits until a handle can be read. */
export function waitFor(kernel: NativeKernel, handle: Handle): SysResult {
  const few = new FewList();
  few.add(handle, Readiness.READ);
  return kernel.waitFew(few, PATIENCE_NS);
}

export function write({ memory }: World, pointer: number, text: string): void {
  new Uint8Array(memory.buffer).set(new TextEncoder().encode(text), pointer);
}

export function text({ memory }: World, pointer: number, lengthBytes: number): string {
  return new TextDecoder().decode(new Uint8Array(memory.buffer, pointer, lengthBytes));
}

/** What the descriptors of this process are: sockets and pipes by number, others by path. */
export function descriptors(): string[] {
  const found: string[] = [];
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const file = readlinkSync(`/proc/self/fd/${name}`);
      if (!isOfLoader(file)) found.push(`${name} ${file}`);
    } catch {
      // The descriptor of readdir itself.
    }
  }
  return found.sort();
}

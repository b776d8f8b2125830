// Loads the addon: the one file that does. It knows the addon's functions and where its file lies,
// nothing of what they mean. POLLUX_ADDON=PATH in the environment takes the file there instead:
// scripts/test-asan.mjs so runs the tests over one that a memory checker watches.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PolluxError } from '../../base/pollux-error.ts';
import type { SysResult } from '../../base/sys-result.ts';

/**
 * The number of what is agreed on here with the addon. Raise it in both when any of that changes:
 * as in native-host/glue/abi.h.
 */
export const ABI = 10;

/** What {@link NativeObject.pin} lends to the addon. As in native-host/glue/kernel-object.h. */
export const Pin = {
  MEMORY: 0,
  VECTORS: 1,
  READY: 2,
  FEW: 3,
  ARGUMENTS: 4,
  INSTANT: 5,
  TARGET: 6,
  BATCH: 7,
} as const;
export type Pin = (typeof Pin)[keyof typeof Pin];

/** A family by the number that the addon knows it by. */
export const FAMILIES = ['ipv4', 'ipv6', 'unix'] as const;

/** A socket's address as it crosses: the index in {@link FAMILIES}, the host or path, the port. */
export type NativeAddress = readonly [family: number, host: string, port: number];

/** @returns undefined when the answer is in {@link Pin.ARGUMENTS}; or a negated errno. */
type HotCall = () => SysResult | undefined;

/**
 * A kernel in C. No function throws: an argument of the wrong type answers `-INVAL`. The functions
 * don't use `this`.
 *
 * The kernel lives until {@link destroy} or the end of its thread; no garbage collection ends it.
 */
export interface NativeObject {
  readonly demux: string;
  readonly edge: boolean;
  readonly oneShot: boolean;
  readonly waitsByTimerfd: boolean;
  readonly callsByRing: boolean;

  /**
   * Lends memory until the next pin of the same kind. The addon keeps its address: the caller must
   * pin again, before any other call, when the buffer was detached or has changed its length.
   */
  pin(
    which: Pin,
    view: ArrayBuffer | Uint8Array | Int32Array | Uint32Array | Float64Array,
  ): SysResult;
  destroy(): void;

  open(family: number): SysResult;
  bind(handle: number, family: number, host: string, port: number): SysResult;
  listen(handle: number, backlog: number): SysResult;
  connect(handle: number, family: number, host: string, port: number): SysResult;
  shutdown(handle: number, how: number): SysResult;
  dup(handle: number): SysResult;
  adopt(descriptor: number): SysResult;
  release(handle: number): SysResult;
  takeError(handle: number): SysResult;
  stopQueueing(handle: number): SysResult;
  setOption(handle: number, option: number, value: number): SysResult;
  getOption(handle: number, option: number): SysResult;
  unacknowledgedBytes(handle: number): SysResult;
  localAddress(handle: number): NativeAddress | SysResult;
  peerAddress(handle: number): NativeAddress | SysResult;
  fileType(handle: number): SysResult;

  // Hot calls take their arguments from Pin.ARGUMENTS, a Float64Array of 4: whole numbers, in the
  // order of the names, as four words of 32 bits; then a duration in nanoseconds, a double. They
  // leave their answer in the word behind it; what they can't be called with they answer themselves.

  /** listener */
  readonly accept: HotCall;
  /** handle */
  readonly close: HotCall;
  /** handle, pointer, lengthBytes, flags */
  readonly recv: HotCall;
  /** handle, count, flags; the pairs in {@link Pin.VECTORS} */
  readonly recvVectors: HotCall;
  /** handle, pointer, lengthBytes */
  readonly send: HotCall;
  /** handle, count; the pairs in {@link Pin.VECTORS} */
  readonly sendVectors: HotCall;
  /** where in {@link Pin.TARGET}, pointer, lengthBytes */
  readonly copyOut: HotCall;
  /** set, handle, interest, mode */
  readonly watch: HotCall;
  /** set, and the duration; the result in {@link Pin.READY} */
  readonly wait: HotCall;
  /** the duration; the handles and the result in {@link Pin.FEW} */
  readonly waitFew: HotCall;

  openStdio(index: number): SysResult;
  read(handle: number, pointer: number, lengthBytes: number): SysResult;
  write(handle: number, pointer: number, lengthBytes: number): SysResult;
  random(pointer: number, lengthBytes: number): SysResult;

  openSet(): SysResult;
  closeSet(set: number): SysResult;
  unwatch(set: number, handle: number): SysResult;
  wake(): void;
  consumeWake(): void;
  /** Result in {@link Pin.INSTANT}. */
  clockTime(clock: number): SysResult;
  clockResolution(clock: number): SysResult;
}

export interface Binding {
  /** Not {@link ABI} in an addon of another version; missing in those that had no number yet. */
  readonly abi?: number;
  /** @returns the kernel, or (a number) `-MFILE`, `-NFILE`, `-NOMEM`, `-BADF`, `-INVAL`. */
  createKernel(
    wakeDescriptor: number,
    stdin: number,
    stdout: number,
    stderr: number,
    forceTimerfd: boolean,
    withoutRing: boolean,
  ): NativeObject | SysResult;
  createWake(): SysResult;
  signalWake(descriptor: number): SysResult;
  closeDescriptor(descriptor: number): SysResult;
  exitProcess(code: number): SysResult;
  currentThread(): number;
  /** @returns nanoseconds, `-INVAL`. */
  threadCpuNs(thread: number): SysResult;
  useHugePages(bytes: Uint8Array): SysResult;
}

let loaded: Binding | undefined;

/**
 * The addon, loaded at the first call.
 *
 * @throws PolluxError `NO_ADDON` when it isn't built, can't be loaded, is of another version, or
 *   the system isn't Linux.
 */
export function binding(): Binding {
  loaded ??= load();
  return loaded;
}

function load(): Binding {
  if (process.platform !== 'linux') {
    throw new PolluxError(
      'NO_ADDON',
      `the native kernel needs Linux, and this is ${process.platform}`,
    );
  }
  const path = findAddon();
  const addon = requireAddon(path);
  if (addon.abi === ABI) return addon;
  const abi = addon.abi ?? 'none';
  throw new PolluxError(
    'NO_ADDON',
    `the native addon ${path} is of another version of pollux (its ABI is ${abi}, not ${ABI}): ` +
      'run npm rebuild pollux, or npm run build in a checkout',
  );
}

function requireAddon(path: string): Binding {
  try {
    return createRequire(import.meta.url)(path) as Binding;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new PolluxError(
      'NO_ADDON',
      `the native addon can't be loaded (${reason}): install a C compiler, such as gcc ` +
        '(apt-get install gcc libc6-dev), then run npm rebuild',
      { cause: error },
    );
  }
}

function findAddon(): string {
  const chosen = process.env['POLLUX_ADDON'] ?? '';
  if (chosen !== '') {
    if (existsSync(chosen)) return resolve(chosen);
    throw new PolluxError('NO_ADDON', `POLLUX_ADDON names no file: ${chosen}`);
  }
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
  // One that was compiled here comes first: the prebuilt one may be there and not for here.
  const candidates = [
    join(root, 'build', 'native', 'pollux.node'),
    join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'pollux.node'),
  ];
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new PolluxError(
    'NO_ADDON',
    'the native addon is not built: install a C compiler, such as gcc ' +
      '(apt-get install gcc libc6-dev), then run npm rebuild',
  );
}

/** The folder of our package.json, at or above `from`: this file runs as source and bundled. */
function packageRoot(from: string): string {
  const manifest = join(from, 'package.json');
  if (existsSync(manifest)) {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
    if (name === 'pollux') return from;
  }
  const parent = dirname(from);
  if (parent === from) {
    throw new PolluxError('NO_ADDON', 'no package.json of pollux lies above its own files');
  }
  return packageRoot(parent);
}

// What a handle refers to: a socket, a pipe, a file. Two handles (dup) may refer to one. Who
// watches a file for readiness hangs on it, newest first, which is the order in which Linux tells
// them.

import type { SysResult } from '../../base/sys-result.ts';
import type { Address } from '../address.ts';
import type { FileType, Interest, Shutdown, SocketOption } from '../kernel.ts';
import { Readiness } from '../kernel.ts';
import type { Rules } from './rules.ts';
import type { Watch } from './watch-set.ts';

export abstract class OpenFile {
  readonly rules: Rules;
  /** How many handles refer to it. */
  handleCount = 0;
  /** The newest watch of this file; the others follow by `nextOfFile`. */
  firstWatch: Watch | undefined;
  /** Of a file that no kernel has, but a scripted peer: is told when something comes. */
  onWake: (() => void) | undefined;

  abstract readonly fileType: FileType;
  abstract readonly isSocket: boolean;
  /** A receive that got less than it asked for has emptied it. */
  readonly isTcp: boolean = false;
  /** Can't be waited for: files, /dev/null. */
  readonly isAlwaysReady: boolean = false;
  /** False for a stream of the other direction: that is looked at before anything else. */
  readonly isReadable: boolean = true;
  readonly isWritable: boolean = true;

  constructor(rules: Rules) {
    this.rules = rules;
  }

  /** What it is ready for now: bits of `Readiness`, whatever anyone's interest. */
  abstract poll(): number;

  /** As {@link poll}, for who only looks: polling a full socket has it tell of room later. */
  peek(): number {
    return this.poll();
  }

  /** The last handle was closed. */
  abstract release(): void;

  /** Tells all who watch that something came. @param bits what, or 0: look at everything. */
  wake(bits: number): void {
    if (this.rules.newestWatchFirst) {
      for (let watch = this.firstWatch; watch !== undefined; watch = watch.nextOfFile) {
        watch.wake(bits);
      }
    } else {
      const oldestFirst: Watch[] = [];
      for (let watch = this.firstWatch; watch !== undefined; watch = watch.nextOfFile) {
        oldestFirst.unshift(watch);
      }
      for (const watch of oldestFirst) watch.wake(bits);
    }
    this.onWake?.();
  }

  // What each can do is below; the answers are those of `Kernel`, where they are documented.

  abstract bind(address: Address): SysResult;
  abstract listen(backlog: number): SysResult;
  abstract connect(address: Address): SysResult;
  /** Takes a connection off the queue. @returns the file, or a negated errno. */
  abstract accept(): OpenFile | SysResult;
  /** Copies to `target` from `at` on. @returns the count, or a negated errno. */
  abstract recv(target: Uint8Array, at: number, lengthBytes: number, isPeek: boolean): SysResult;
  /** Takes from `source`, which stays the caller's. @returns the count, or a negated errno. */
  abstract send(source: Uint8Array, at: number, lengthBytes: number): SysResult;
  abstract shutdown(how: Shutdown): SysResult;
  abstract takeError(): SysResult;
  abstract setOption(option: SocketOption, value: number): SysResult;
  abstract getOption(option: SocketOption): SysResult;
  abstract localAddress(): Address | SysResult;
  abstract peerAddress(): Address | SysResult;
  abstract stopQueueing(): SysResult;
  abstract read(target: Uint8Array, at: number, lengthBytes: number): SysResult;
  abstract write(source: Uint8Array, at: number, lengthBytes: number): SysResult;
}

/** What of `readiness` is told to someone with `interest`. Source: epoll_ctl(2), poll(2). */
export function readinessFor(rules: Rules, readiness: number, interest: Interest): number {
  const unmaskable = rules.errorAlwaysTold ? Readiness.ERROR | Readiness.HANGUP : 0;
  return readiness & (interest | unmaskable);
}

// A simulated kernel that notes each call, fails those it was told to fail, and tells when one is
// over. What it does else is SimKernel's.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import type { Address, Family } from '../address.ts';
import type {
  ClockId,
  Handle,
  Interest,
  Mode,
  SetHandle,
  Shutdown,
  SocketOption,
} from '../kernel.ts';
import type { FewList, ReadyList } from '../ready-list.ts';
import { SimKernel } from './sim-kernel.ts';
import { CALL_NAMES, type CallName, TraceLog } from './trace-log.ts';

export type { CallName } from './trace-log.ts';

/** The numbers of the calls, by name. */
const Call = Object.fromEntries(CALL_NAMES.map((name, at) => [name, at])) as Record<
  CallName,
  number
>;

/** An error that a call answers in place of what it would have done. */
export interface InjectedError {
  readonly call: CallName;
  /** Which of the calls of this kind from now on: 1 is the next one. */
  readonly nth: number;
  readonly errno: Errno;
}

export class TracedKernel extends SimKernel {
  readonly log = new TraceLog();
  /** Calls before this is set are the world's own, and not noted. */
  isTracing = false;
  /** How many calls did something: not waits that found nothing, AGAIN, ALREADY, or a clock's. */
  deedCount = 0;
  /** Is told after each noted call. It may throw, and the call's result is lost then. */
  onCall: (() => void) | undefined;
  readonly #injected: { call: number; left: number; result: SysResult }[] = [];

  inject({ call, nth, errno }: InjectedError): void {
    this.#injected.push({ call: Call[call], left: nth, result: -errno });
  }

  /** @returns the error that was injected for this call, or 0. */
  #failure(call: number): SysResult {
    if (this.#injected.length === 0 || !this.isTracing) return 0;
    for (const [at, injected] of this.#injected.entries()) {
      if (injected.call !== call || --injected.left > 0) continue;
      this.#injected.splice(at, 1);
      return injected.result;
    }
    return 0;
  }

  #note(call: number, first: number, second: number, result: SysResult): SysResult {
    if (!this.isTracing) return result;
    this.log.note(this.network.timeline.nowNs, call, first, second, result);
    const isWait = call === Call.wait || call === Call.waitFew;
    const isTooEarly = result === -Errno.AGAIN || result === -Errno.ALREADY;
    if (!isTooEarly && !(isWait && result <= 0) && call !== Call.clockTime) this.deedCount++;
    this.onCall?.();
    return result;
  }

  #noteBytes(
    call: number,
    handle: Handle,
    asked: number,
    result: SysResult,
    at: number,
  ): SysResult {
    if (!this.isTracing) return result;
    const count = Math.max(result, 0);
    const { bytes } = this;
    this.log.note(this.network.timeline.nowNs, call, handle, asked, result, bytes, at, count);
    if (result !== -Errno.AGAIN) this.deedCount++;
    this.onCall?.();
    return result;
  }

  override open(family: Family): SysResult {
    return this.#note(Call.open, 0, 0, this.#failure(Call.open) || super.open(family));
  }

  override bind(handle: Handle, address: Address): SysResult {
    return this.#note(
      Call.bind,
      handle,
      0,
      this.#failure(Call.bind) || super.bind(handle, address),
    );
  }

  override listen(handle: Handle, backlog: number): SysResult {
    const result = this.#failure(Call.listen) || super.listen(handle, backlog);
    return this.#note(Call.listen, handle, backlog, result);
  }

  override connect(handle: Handle, address: Address): SysResult {
    const result = this.#failure(Call.connect) || super.connect(handle, address);
    return this.#note(Call.connect, handle, 0, result);
  }

  override accept(listener: Handle): SysResult {
    return this.#note(
      Call.accept,
      listener,
      0,
      this.#failure(Call.accept) || super.accept(listener),
    );
  }

  override recv(handle: Handle, pointer: number, lengthBytes: number, flags: number): SysResult {
    const result = this.#failure(Call.recv) || super.recv(handle, pointer, lengthBytes, flags);
    return this.#noteBytes(Call.recv, handle, lengthBytes, result, pointer >>> 0);
  }

  override recvVectors(handle: Handle, count: number, flags: number): SysResult {
    const result = this.#failure(Call.recv) || super.recvVectors(handle, count, flags);
    return this.#note(Call.recv, handle, count, result);
  }

  override send(handle: Handle, pointer: number, lengthBytes: number): SysResult {
    const result = this.#failure(Call.send) || super.send(handle, pointer, lengthBytes);
    return this.#noteBytes(Call.send, handle, lengthBytes, result, pointer >>> 0);
  }

  override sendVectors(handle: Handle, count: number): SysResult {
    const result = this.#failure(Call.send) || super.sendVectors(handle, count);
    return this.#note(Call.send, handle, count, result);
  }

  override shutdown(handle: Handle, how: Shutdown): SysResult {
    const result = this.#failure(Call.shutdown) || super.shutdown(handle, how);
    return this.#note(Call.shutdown, handle, how, result);
  }

  override close(handle: Handle): SysResult {
    return this.#note(Call.close, handle, 0, super.close(handle));
  }

  override dup(handle: Handle): SysResult {
    return this.#note(Call.dup, handle, 0, this.#failure(Call.dup) || super.dup(handle));
  }

  override takeError(handle: Handle): SysResult {
    return this.#note(Call.takeError, handle, 0, super.takeError(handle));
  }

  override setOption(handle: Handle, option: SocketOption, value: number): SysResult {
    return this.#note(Call.setOption, handle, option, super.setOption(handle, option, value));
  }

  override getOption(handle: Handle, option: SocketOption): SysResult {
    return this.#note(Call.getOption, handle, option, super.getOption(handle, option));
  }

  override stopQueueing(listener: Handle): SysResult {
    return this.#note(Call.stopQueueing, listener, 0, super.stopQueueing(listener));
  }

  override openStdio(index: number): SysResult {
    return this.#note(Call.openStdio, index, 0, super.openStdio(index));
  }

  override read(handle: Handle, pointer: number, lengthBytes: number): SysResult {
    const result = this.#failure(Call.read) || super.read(handle, pointer, lengthBytes);
    return this.#noteBytes(Call.read, handle, lengthBytes, result, pointer >>> 0);
  }

  override write(handle: Handle, pointer: number, lengthBytes: number): SysResult {
    const result = this.#failure(Call.write) || super.write(handle, pointer, lengthBytes);
    return this.#noteBytes(Call.write, handle, lengthBytes, result, pointer >>> 0);
  }

  override openSet(): SysResult {
    return this.#note(Call.openSet, 0, 0, this.#failure(Call.openSet) || super.openSet());
  }

  override watch(set: SetHandle, handle: Handle, interest: Interest, mode: Mode): SysResult {
    const result = this.#failure(Call.watch) || super.watch(set, handle, interest, mode);
    return this.#note(Call.watch, handle, interest, result);
  }

  override unwatch(set: SetHandle, handle: Handle): SysResult {
    return this.#note(Call.unwatch, handle, 0, super.unwatch(set, handle));
  }

  override wait(set: SetHandle, timeoutNs: number, ready: ReadyList): SysResult {
    const result = this.#failure(Call.wait) || super.wait(set, timeoutNs, ready);
    return this.#note(Call.wait, timeoutNs, 0, result);
  }

  override waitFew(few: FewList, timeoutNs: number): SysResult {
    const result = this.#failure(Call.waitFew) || super.waitFew(few, timeoutNs);
    return this.#note(Call.waitFew, timeoutNs, 0, result);
  }

  override clockTime(clock: ClockId, instant: Uint32Array): SysResult {
    return this.#note(Call.clockTime, clock, 0, super.clockTime(clock, instant));
  }

  override random(pointer: number, lengthBytes: number): SysResult {
    return this.#note(Call.random, lengthBytes, 0, super.random(pointer, lengthBytes));
  }
}

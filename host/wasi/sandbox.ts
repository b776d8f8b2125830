// One guest as its imports see it: the kernel it stands on, its memory, its descriptors, and the
// supervisor's word. Every import goes through `enter`, every wait through `waitFew` or `wait`.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import {
  ClockId,
  type Handle,
  type Interest,
  type Kernel,
  type SetHandle,
} from '../kernel/kernel.ts';
import { FewList, type ReadyList } from '../kernel/ready-list.ts';
import { ConnectPolicy } from './connect-policy.ts';
import { type ControlBlock, Counter, Outcome, Reason } from './control-block.ts';
import { DescriptorTable } from './descriptors.ts';
import { Drain } from './drain.ts';
import { EpollInstances } from './epoll-instances.ts';
import { GuestExit } from './guest-exit.ts';
import { GuestMemory } from './memory.ts';

/** What a wait answers that a wake ended; only a guest that is interruptible is told. */
const INTERRUPTED: SysResult = -Errno.INTR;

export interface SandboxOptions {
  readonly kernel: Kernel;
  readonly control: ControlBlock;
  /** `argv`, the program's name first. */
  readonly args: readonly string[];
  /** `NAME=value` each. */
  readonly environ: readonly string[];
  /**
   * True for a guest that is called turn by turn: a wake that is not a stop ends its wait with
   * INTR. To a guest that runs `_start` a wake is invisible.
   */
  readonly isInterruptible: boolean;
  /** How many descriptors the guest may have open. */
  readonly fdCountMax: number;
  /** True: a pointer that leaves the memory traps, as the WASI text has it, and is not `-FAULT`. */
  readonly trapsOnBadPointer?: boolean;
  /** What the guest may connect to. By default nothing. */
  readonly connectPolicy?: ConnectPolicy;
  /**
   * Is called when the guest is marked as dead, before it is left: it may catch what is thrown.
   * @param error that ended it, where one did
   */
  readonly onEnd?: (error?: Error) => void;
}

export class Sandbox {
  readonly kernel: Kernel;
  readonly control: ControlBlock;
  readonly counters: Float64Array;
  readonly args: readonly string[];
  readonly environ: readonly string[];
  readonly isInterruptible: boolean;
  readonly fdCountMax: number;
  readonly trapsOnBadPointer: boolean;
  readonly connectPolicy: ConnectPolicy;
  readonly drain: Drain;
  readonly descriptors = new DescriptorTable();
  readonly epolls: EpollInstances;
  /** The one list for `waitFew`: a kernel that pins it, pins it once. */
  readonly few = new FewList();
  readonly #onEnd: ((error?: Error) => void) | undefined;
  readonly #instant = new Uint32Array(2);
  /**
   * The guest's memory, with views that are good until the import that runs returns. No import runs
   * before there is one. It is assigned once, and so are its views unless it grows: what is assigned
   * once V8 compiles in, with its address and its length.
   */
  memory!: GuestMemory;

  /**
   * Begins an import: sees the supervisor's word and renews the views of a memory that grew. A
   * closure, since every import begins with it: V8 compiles in what it closes over.
   *
   * @throws GuestExit when the guest has ended or is told to end; RuntimeError, as a trap does,
   *   when the module's start function calls: its memory can't be known before it has run.
   */
  readonly enter: () => void;

  constructor(options: SandboxOptions) {
    this.kernel = options.kernel;
    this.control = options.control;
    this.counters = options.control.counters;
    this.args = options.args;
    this.environ = options.environ;
    this.fdCountMax = options.fdCountMax;
    this.trapsOnBadPointer = options.trapsOnBadPointer ?? false;
    this.connectPolicy = options.connectPolicy ?? ConnectPolicy.NONE;
    this.isInterruptible = options.isInterruptible;
    this.#onEnd = options.onEnd;
    this.drain = new Drain(this);
    this.epolls = new EpollInstances(this);
    this.enter = this.#makeEnter();
  }

  #makeEnter(): () => void {
    const { counters, control, drain } = this;
    return () => {
      counters[Counter.CALLS] = (counters[Counter.CALLS] as number) + 1;
      if (control.wantsAttention) this.attend();
      if (drain.isOn) drain.step();
      const memory = this.memory as GuestMemory | undefined;
      if (memory === undefined || memory.isStale) this.#renewMemory(memory);
    };
  }

  /** Tells the sandbox the guest's memory: once, before the guest first runs. */
  useMemory(memory: WebAssembly.Memory): void {
    this.memory = new GuestMemory(memory);
    this.kernel.attach(this.memory.buffer);
  }

  #renewMemory(memory: GuestMemory | undefined): void {
    if (memory === undefined) {
      throw new WebAssembly.RuntimeError(
        'the start function calls an import; _start may, it may not',
      );
    }
    memory.refresh();
    this.kernel.attach(memory.buffer);
  }

  /**
   * Does what the supervisor asked for.
   *
   * @throws GuestExit when the guest has ended or is told to end.
   */
  attend(): void {
    const reasons = this.control.takeReasons();
    if ((reasons & Reason.STOP) !== 0) this.leave(Outcome.STOPPED, 0);
    if ((reasons & Reason.DEAD) !== 0) throw new GuestExit('this guest has ended');
    if ((reasons & Reason.DRAIN) !== 0) this.drain.begin();
    // Whoever hears of both at once has had no time to be busy in.
    const hasBegun = (reasons & Reason.DRAIN) === 0;
    if ((reasons & Reason.DRAIN_IDLE) !== 0 && hasBegun) this.drain.endIdle();
    if ((reasons & Reason.DRAIN_OVER) !== 0) this.drain.giveUp();
    if (this.drain.isOn) this.drain.step();
  }

  /**
   * Between the steps of a call that may be long: shows that the host is at work, not the guest,
   * and hears the supervisor.
   *
   * @throws GuestExit when the guest is told to end.
   */
  pulse(): void {
    this.count(Counter.PULSES, 1);
    if (this.control.wantsAttention) this.attend();
  }

  /** Ends the guest. The mark comes before the throw, since a guest's `catch_all` catches that. */
  leave(outcome: Outcome, exitCode: number): never {
    this.end(outcome, exitCode);
    throw new GuestExit('the guest ends');
  }

  /** Marks the guest as dead, and tells who watches over it that it should be gone soon. */
  end(outcome: Outcome, exitCode: number, error?: Error): void {
    this.control.end(outcome, exitCode);
    this.#onEnd?.(error);
  }

  count(counter: number, by: number): void {
    this.counters[counter] = (this.counters[counter] as number) + by;
  }

  /** The monotonic clock, in nanoseconds since the kernel began. */
  monotonicNs(): number {
    this.kernel.clockTime(ClockId.MONOTONIC, this.#instant);
    return (this.#instant[1] as number) * 0x1_0000_0000 + (this.#instant[0] as number);
  }

  /**
   * Blocks a call of the guest until `handle` is ready; or, since a wake ends it as well, until the
   * call should be tried again in any case. Without a handle only a wake does.
   *
   * @throws GuestExit when the guest is told to end.
   */
  waitFor(handle?: Handle, interest: Interest = 0): void {
    this.few.clear();
    if (handle !== undefined) this.few.add(handle, interest);
    this.waitFew(this.few, Infinity);
  }

  /** The kernel's `waitFew`; a wake is attended. @returns as the kernel, or `-INTR` */
  waitFew(few: FewList, timeoutNs: number): SysResult {
    this.control.isWaiting = true;
    let result = this.kernel.waitFew(few, timeoutNs);
    this.control.isWaiting = false;
    if (result === -Errno.CANCELED) result = this.#woken();
    return result;
  }

  /** The kernel's `wait`; a wake is attended. @returns as the kernel, or `-INTR` */
  wait(set: SetHandle, timeoutNs: number, ready: ReadyList): SysResult {
    this.control.isWaiting = true;
    let result = this.kernel.wait(set, timeoutNs, ready);
    this.control.isWaiting = false;
    if (result === -Errno.CANCELED) result = this.#woken();
    return result;
  }

  #woken(): SysResult {
    this.kernel.consumeWake();
    this.attend();
    return INTERRUPTED;
  }
}

// A kernel that is watched by a test: every call passes through to a real one. What concerns
// waiting is written down, and a wait that would never end fails the test instead.

import { errnoName } from '../../host/base/errno.ts';
import { NS_PER_S } from '../../host/base/units.ts';
import { type Kernel, Readiness } from '../../host/kernel/kernel.ts';

/** The longest wait in which nothing happens. A test that waits for longer has lost an event. */
const PATIENCE_NS = 10 * NS_PER_S;

/** The calls that are written down. */
const LOGGED: readonly string[] = ['openSet', 'watch', 'unwatch', 'wait', 'waitFew'];

type KernelFunction = (...parameters: unknown[]) => unknown;

export class WatchedKernel {
  /** To hand to what is tested. */
  readonly kernel: Kernel;
  readonly #lines: string[] = [];
  #beforeNextWait: (() => void) | undefined;
  readonly #names = new Map<number, string>();
  /** What each call of a kernel's method becomes. A kernel binds its methods to itself. */
  readonly #functions = new Map<PropertyKey, KernelFunction>();

  constructor(kernel: Kernel) {
    this.kernel = new Proxy(kernel, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        let wrapped = this.#functions.get(property);
        if (wrapped === undefined) {
          wrapped = this.#wrap(String(property), (value as KernelFunction).bind(target));
          this.#functions.set(property, wrapped);
        }
        return wrapped;
      },
    });
  }

  /** Has `handle` written down as `name`. */
  name(handle: number, name: string): void {
    this.#names.set(handle, name);
  }

  /**
   * What `act` asks of the kernel in order to wait, as `watch a RW`, `unwatch a`, `wait` and
   * `waitFew`; with the errno of a call that failed.
   */
  during(act: () => void): string[] {
    const from = this.#lines.length;
    act();
    return this.#lines.slice(from);
  }

  /** Has `act` happen once, when a call is about to wait. */
  beforeNextWait(act: () => void): void {
    this.#beforeNextWait = act;
  }

  /** Has `name` of the kernel be `call` from now on. */
  replace(name: string, call: KernelFunction): void {
    this.#functions.set(name, call);
  }

  #wrap(name: string, call: KernelFunction): KernelFunction {
    if (!LOGGED.includes(name)) return call;
    return (...parameters) => {
      const line = [name, ...this.#details(name, parameters)];
      const isWait = name.startsWith('wait');
      if (isWait) this.#actBeforeWait();
      const result = isWait ? patiently(call, parameters) : call(...parameters);
      // A wake is no failure; when it comes is chance.
      if (Number(result) < 0 && !isWait) line.push(errnoName(-Number(result)));
      this.#lines.push(line.join(' '));
      return result;
    };
  }

  #actBeforeWait(): void {
    const act = this.#beforeNextWait;
    this.#beforeNextWait = undefined;
    act?.();
  }

  #details(name: string, [, handle, interest]: readonly unknown[]): string[] {
    if (name !== 'watch' && name !== 'unwatch') return [];
    const details = [this.#names.get(Number(handle)) ?? String(handle)];
    if (name === 'watch') details.push(interestText(Number(interest)));
    return details;
  }
}

/** Waits, and throws where the wait would not have ended. */
function patiently(call: KernelFunction, parameters: readonly unknown[]): unknown {
  const [what, timeoutNs, ready] = parameters;
  const isCut = Number(timeoutNs) > PATIENCE_NS;
  const result = call(what, isCut ? PATIENCE_NS : timeoutNs, ready);
  if (isCut && result === 0) throw new Error('the guest waits in vain');
  return result;
}

function interestText(interest: number): string {
  if (interest === 0) return 'nothing';
  const letters = [
    [Readiness.READ, 'R'],
    [Readiness.WRITE, 'W'],
    [Readiness.READ_HANGUP, 'H'],
  ] as const;
  return letters.map(([bit, letter]) => ((interest & bit) !== 0 ? letter : '')).join('');
}

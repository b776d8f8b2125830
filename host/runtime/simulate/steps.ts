// What a test has done, step by step, in little memory: a test may send a million times, and a world
// keeps all of it.

import { ByteList } from '../../base/byte-list.ts';
import type { Deed, Run } from './actions.ts';

export class Steps {
  /** A number is the number of a `send`. */
  readonly #steps: (Deed | Run | number)[] = [];
  /** Of each `send`: its peer, and where its bytes end, which begin where those before it do. */
  readonly #peers: number[] = [];
  readonly #ends: number[] = [];
  readonly #bytes = new ByteList();

  get count(): number {
    return this.#steps.length;
  }

  /** The bytes of a `send` are copied. */
  add(step: Deed | Run): void {
    if (step.kind !== 'send') {
      this.#steps.push(step);
      return;
    }
    this.#bytes.append(step.bytes);
    this.#ends.push(this.#bytes.lengthBytes);
    this.#steps.push(this.#peers.push(step.peer) - 1);
  }

  /** @param index below `count` */
  at(index: number): Deed | Run {
    const step = this.#steps[index] as Deed | Run | number;
    if (typeof step !== 'number') return step;
    const bytes = this.#bytes.slice(this.#ends[step - 1] ?? 0, this.#ends[step]);
    return { kind: 'send', peer: this.#peers[step] as number, bytes };
  }
}

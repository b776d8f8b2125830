// Writes the events of one poll_oneoff into the guest's memory: 32 bytes each, every byte of them.

import { Event, EventType, Subscription } from './layout.ts';
import type { PollList } from './poll-list.ts';
import type { Sandbox } from './sandbox.ts';

export class PollEvents {
  readonly #sandbox: Sandbox;
  readonly #list: PollList;
  #pointer = 0;
  /** The words to write to: the guest's own, or when its pointer is not aligned, a copy. */
  #words: Int32Array = new Int32Array(0);
  #at = 0;
  #isCopy = false;
  /** How many have been written. */
  count = 0;

  constructor(sandbox: Sandbox, list: PollList) {
    this.#sandbox = sandbox;
    this.#list = list;
  }

  /** Starts to write at `pointer`, where `capacityCount` events fit. */
  begin(pointer: number, capacityCount: number): void {
    this.count = 0;
    this.#pointer = pointer;
    this.#isCopy = pointer % 4 !== 0;
    this.#words = this.#isCopy
      ? new Int32Array(capacityCount * Event.WORDS)
      : this.#sandbox.memory.words;
    this.#at = this.#isCopy ? 0 : pointer >>> 2;
  }

  /** A subscription with `tag` that is ready. @param flags `EVENT_HANGUP` or 0 */
  ready(index: number, tag: number, flags: number): void {
    this.#write(index, 0, tag, 1, flags);
  }

  /** A subscription that was known not to wait: bad (`error`), or always ready (0). */
  known(index: number, error: number): void {
    this.#write(index, error, this.#list.tagOf(index), error === 0 ? 1 : 0, 0);
  }

  /** A clock that is due, or with `error` one that can't be waited for. */
  clock(index: number, error: number): void {
    this.#write(index, error, EventType.CLOCK, 0, 0);
  }

  /** Ends the writing. @returns how many events there are */
  end(): number {
    if (this.#isCopy) {
      const bytes = new Uint8Array(this.#words.buffer, 0, this.count * Event.BYTES);
      this.#sandbox.memory.bytes.set(bytes, this.#pointer);
    }
    return this.count;
  }

  /** @param readyBytes 1 when ready, else 0: how many there are would cost a system call. */
  #write(index: number, error: number, type: number, readyBytes: number, flags: number): void {
    const words = this.#words;
    const list = this.#list.words;
    const at = this.#at;
    const subscription = index * Subscription.WORDS;
    words[at] = list[subscription] as number;
    words[at + 1] = list[subscription + 1] as number;
    words[at + 2] = error | (type << 16);
    words[at + 3] = 0;
    words[at + 4] = readyBytes;
    words[at + 5] = 0;
    words[at + 6] = flags;
    words[at + 7] = 0;
    this.#at = at + Event.WORDS;
    this.count++;
  }
}

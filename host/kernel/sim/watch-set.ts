// A set of watched files, with the ready list of epoll(7): who was woken stands in it in the order
// of waking, and is asked what it is ready for only when a wait comes to it.
//
//     wake ──► [ready list] ──► wait asks poll(): nothing -> off the list
//                    ▲                            level    -> reported, and to the tail
//                    └── tail ◄───────────────────┘  edge, one-shot -> reported, off the list
//
// What a wait has no room for stays at the head. Source: fs/eventpoll.c, ep_send_events.
//
// As in the native kernel (native-host/core/demux-epoll.c), a level of READ on TCP begins as an edge,
// and becomes a level at the next wait when a reader left something, or what no read ends.

import type { Handle, Interest } from '../kernel.ts';
import { Mode, Readiness } from '../kernel.ts';
import type { ReadyList } from '../ready-list.ts';
import { type OpenFile, readinessFor } from './open-file.ts';
import type { Rules } from './rules.ts';

const ALWAYS = Readiness.ERROR | Readiness.HANGUP;
const EDGE_FOR_LEVEL = Readiness.READ | Readiness.READ_HANGUP;

/** How a watch is registered. */
const Trigger = {
  AS_ASKED: 0,
  EDGE_FOR_LEVEL: 1,
  /** The same, and the last wait has reported bytes. */
  EDGE_FOR_LEVEL_READ: 2,
  /** The same, and the last wait has reported what no read ends. */
  EDGE_FOR_LEVEL_OVER: 3,
} as const;
type Trigger = (typeof Trigger)[keyof typeof Trigger];

/** That one handle is watched in one set. */
export class Watch {
  readonly set: WatchSet;
  readonly handle: Handle;
  readonly file: OpenFile;
  interest: Interest = 0;
  mode: Mode = Mode.LEVEL;
  trigger: Trigger = Trigger.AS_ASKED;
  /** A one-shot that was reported: silent until it is watched again. */
  isDisarmed = false;
  /** Stands in the ready list, between these two. */
  isListed = false;
  before: Watch | undefined;
  after: Watch | undefined;
  /** The watch of the same file that was made before this one. */
  nextOfFile: Watch | undefined;

  constructor(set: WatchSet, handle: Handle, file: OpenFile) {
    this.set = set;
    this.handle = handle;
    this.file = file;
  }

  /** What the ready list is asked for. */
  get asked(): Interest {
    return this.trigger === Trigger.AS_ASKED ? this.interest : EDGE_FOR_LEVEL;
  }

  /** @param bits what came, or 0 for anything. */
  wake(bits: number): void {
    if (this.isDisarmed) return;
    if (bits !== 0 && (bits & (this.asked | ALWAYS)) === 0) return;
    this.set.list(this);
  }
}

export class WatchSet {
  readonly #rules: Rules;
  readonly #watches = new Map<Handle, Watch>();
  #head: Watch | undefined;
  #tail: Watch | undefined;
  #listedCount = 0;
  /** What the last wait has reported by an edge for a level, and what has changed since. */
  #reported: Watch[] = [];
  readonly #dry: Set<Handle>;

  /** @param dry handles whose queue a receive has emptied; a report of theirs takes them out. */
  constructor(rules: Rules, dry: Set<Handle>) {
    this.#rules = rules;
    this.#dry = dry;
  }

  /** Watches `handle`, or changes how. Either way it is looked at once: what is there is told. */
  watch(handle: Handle, file: OpenFile, interest: Interest, mode: Mode): void {
    let watch = this.#watches.get(handle);
    const isNew = watch === undefined;
    if (watch === undefined) {
      watch = new Watch(this, handle, file);
      this.#watches.set(handle, watch);
      watch.nextOfFile = file.firstWatch;
      file.firstWatch = watch;
    }
    watch.interest = interest;
    watch.mode = mode;
    watch.isDisarmed = false;
    const isEdgeForLevel = mode === Mode.LEVEL && interest === Readiness.READ && file.isTcp;
    watch.trigger =
      isEdgeForLevel && this.#rules.levelBeginsAsEdge ? Trigger.EDGE_FOR_LEVEL : Trigger.AS_ASKED;
    if (!isNew && !this.#rules.watchingAgainTells && mode !== Mode.LEVEL) return;
    if (readinessFor(this.#rules, file.poll(), watch.asked) !== 0) this.list(watch);
  }

  unwatch(handle: Handle): void {
    const watch = this.#watches.get(handle);
    if (watch === undefined) return;
    this.#watches.delete(handle);
    if (watch.isListed) this.#unlist(watch);
    unlink(watch);
  }

  close(): void {
    for (const handle of [...this.#watches.keys()]) this.unwatch(handle);
  }

  /** Puts a woken watch at the tail of the ready list, unless it stands there. */
  list(watch: Watch): void {
    if (watch.isListed) return;
    if (!this.#rules.arrivalOrder && this.#head !== undefined) {
      this.#insertBefore(this.#head, watch);
      return;
    }
    watch.isListed = true;
    watch.before = this.#tail;
    watch.after = undefined;
    if (this.#tail === undefined) this.#head = watch;
    else this.#tail.after = watch;
    this.#tail = watch;
    this.#listedCount++;
  }

  /** Writes what is ready now. @returns how many pairs; 0 for nothing. */
  report(ready: ReadyList): number {
    this.#restoreLevels();
    const { pairs, capacityCount } = ready;
    let written = 0;
    // Those put back to the tail meanwhile are not looked at again.
    for (let left = this.#listedCount; left > 0 && written < capacityCount; left--) {
      const watch = this.#head as Watch;
      this.#unlist(watch);
      const readiness = readinessFor(this.#rules, watch.file.poll(), watch.asked);
      if (readiness === 0 && this.#rules.staleIsDropped) continue;
      pairs[2 * written] = watch.handle;
      pairs[2 * written + 1] = this.#take(watch, readiness);
      written++;
      this.#afterReport(watch);
    }
    return written;
  }

  /** The watched, in the order in which they were first watched: for inspection. */
  watches(): Watch[] {
    return [...this.#watches.values()];
  }

  /** The ready list, head first: for inspection. */
  listed(): Watch[] {
    const listed: Watch[] = [];
    for (let watch = this.#head; watch !== undefined; watch = watch.after) listed.push(watch);
    return listed;
  }

  /** Takes an event. @returns its readiness, without what was not asked for. */
  #take(watch: Watch, readiness: number): number {
    if (watch.trigger === Trigger.AS_ASKED) return readiness;
    watch.trigger =
      readiness === Readiness.READ ? Trigger.EDGE_FOR_LEVEL_READ : Trigger.EDGE_FOR_LEVEL_OVER;
    this.#reported.push(watch);
    this.#dry.delete(watch.handle);
    return readiness & ~Readiness.READ_HANGUP;
  }

  /** What the last wait reported as an edge for a level, and no one has emptied since, is a level. */
  #restoreLevels(): void {
    for (const watch of this.#reported) {
      if (this.#watches.get(watch.handle) !== watch) continue;
      const isRead = watch.trigger === Trigger.EDGE_FOR_LEVEL_READ && !this.#dry.has(watch.handle);
      if (!isRead && watch.trigger !== Trigger.EDGE_FOR_LEVEL_OVER) continue;
      watch.trigger = Trigger.AS_ASKED;
      if (readinessFor(this.#rules, watch.file.poll(), watch.interest) !== 0) this.list(watch);
    }
    this.#reported = [];
  }

  #afterReport(watch: Watch): void {
    if (watch.trigger !== Trigger.AS_ASKED) return;
    const { edgeOnce, oneShotDisarms, levelStays, levelToTail } = this.#rules;
    if (watch.mode === Mode.ONE_SHOT && oneShotDisarms) {
      watch.isDisarmed = true;
      return;
    }
    if (watch.mode === Mode.EDGE && edgeOnce) return;
    if (watch.mode === Mode.LEVEL && !levelStays) return;
    if (levelToTail || this.#head === undefined) this.list(watch);
    else this.#insertBefore(this.#head, watch);
  }

  #insertBefore(next: Watch, watch: Watch): void {
    watch.isListed = true;
    watch.before = next.before;
    watch.after = next;
    if (next.before === undefined) this.#head = watch;
    else next.before.after = watch;
    next.before = watch;
    this.#listedCount++;
  }

  #unlist(watch: Watch): void {
    if (watch.before === undefined) this.#head = watch.after;
    else watch.before.after = watch.after;
    if (watch.after === undefined) this.#tail = watch.before;
    else watch.after.before = watch.before;
    watch.before = undefined;
    watch.after = undefined;
    watch.isListed = false;
    this.#listedCount--;
  }
}

/** Takes a watch off its file. */
function unlink(watch: Watch): void {
  const { file } = watch;
  if (file.firstWatch === watch) {
    file.firstWatch = watch.nextOfFile;
    return;
  }
  let before = file.firstWatch as Watch;
  while (before.nextOfFile !== watch) before = before.nextOfFile as Watch;
  before.nextOfFile = watch.nextOfFile;
}

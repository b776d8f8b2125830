// The list of a poll_oneoff and its events, as they lie in a guest's memory.

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;

export const CLOCK = 0;
export const READ = 1;
export const WRITE = 2;

export interface Subscription {
  readonly userdata: bigint;
  readonly tag: number;
  /** -1 for a clock. */
  readonly fd: number;
  /** 0 for a descriptor. */
  readonly timeoutNs: bigint;
}

export interface FakeEvent {
  readonly userdata: bigint;
  readonly error?: number;
  readonly type: number;
  readonly hasHungUp?: boolean;
}

/** What one poll_oneoff answers: an errno, or events, and how many it claims to have written. */
export type Answer = number | { readonly events: readonly FakeEvent[]; readonly count?: number };

/** The list that a guest passed. Throws on a clock that is not relative and monotonic. */
export function readSubscriptions(view: DataView, list: number, count: number): Subscription[] {
  return Array.from({ length: count }, (_, i) =>
    subscriptionAt(view, list + SUBSCRIPTION_BYTES * i),
  );
}

/** The bytes of a list, for comparing it with another one. */
export function listBytes(view: DataView, list: number, count: number): Uint8Array {
  return new Uint8Array(view.buffer, list, SUBSCRIPTION_BYTES * count).slice();
}

/** Writes events as a host does, and their count. */
export function writeEvents(
  view: DataView,
  { events, nevents }: { readonly events: number; readonly nevents: number },
  answer: Exclude<Answer, number>,
): void {
  for (const [i, event] of answer.events.entries())
    writeEvent(view, events + EVENT_BYTES * i, event);
  view.setUint32(nevents, answer.count ?? answer.events.length, true);
}

function subscriptionAt(view: DataView, at: number): Subscription {
  const tag = view.getUint8(at + 8);
  const isClock = tag === CLOCK;
  if (isClock && view.getUint32(at + 16, true) !== 1) throw new Error('not the monotonic clock');
  if (isClock && view.getUint16(at + 40, true) !== 0) throw new Error('not a relative time');
  return {
    userdata: view.getBigUint64(at, true),
    tag,
    fd: isClock ? -1 : view.getUint32(at + 16, true),
    timeoutNs: isClock ? view.getBigUint64(at + 24, true) : 0n,
  };
}

function writeEvent(view: DataView, at: number, event: FakeEvent): void {
  new Uint8Array(view.buffer, at, EVENT_BYTES).fill(0);
  view.setBigUint64(at, event.userdata, true);
  view.setUint16(at + 8, event.error ?? 0, true);
  view.setUint8(at + 10, event.type);
  view.setBigUint64(at + 16, 1n, true);
  view.setUint16(at + 24, event.hasHungUp === true ? 1 : 0, true);
}

// The dispatch loop: wait, call the handlers of what is ready, let deadlines expire. It knows the
// demux by its interface and handlers as functions; it knows nothing of sockets.

import { INTR } from "../abi/wasip1-layout";
import { isReadinessKept, wait } from "../demux/default";
import { indexOf } from "../lib/callback";
import { NS_PER_MS } from "../lib/units";
import { expireDeadlines, NEVER_NS, nextDeadlineNs } from "./deadlines";
import { takeReady } from "./ready-list";
import { forgetNow, nowNs } from "./turn-clock";

/** What {@link turn} answers when only an event can give it something to do. */
export const ONLY_FOR_EVENTS: i32 = i32.MAX_VALUE;

let failure: u16 = 0;
let hasMoreToDo: bool = false;

/**
 * Waits once and handles what happened.
 *
 * @param timeoutMs how long to wait at most; 0 not at all, -1 as long as it likes.
 * @returns the milliseconds after which it wants to be called again at the latest: 0 when there is
 *   more to do now, {@link ONLY_FOR_EVENTS} when it waits for events alone. Below 0 a negated
 *   errno: what the demux or {@link fail} said. It also returns when the wait was interrupted.
 */
export function turn(timeoutMs: i32): i32 {
  forgetNow();
  const waited = wait(timeoutNsFor(timeoutMs));
  if (waited < 0 && waited != -(<i32>INTR)) return waited;
  forgetNow();
  hasMoreToDo = false;
  dispatchReady();
  if (nextDeadlineNs() != NEVER_NS) expireDeadlines(nowNs());
  if (failure != 0) return -(<i32>failure);
  return hasMoreToDo || isReadinessKept() ? 0 : untilNextDeadlineMs();
}

/** For handlers: the guest cannot go on, and the turn answers `-errno`. */
export function fail(errno: u16): void {
  failure = errno;
}

/** For handlers: work was left undone to be fair, so the turn answers 0. */
export function leaveMoreToDo(): void {
  hasMoreToDo = true;
}

function dispatchReady(): void {
  for (let slot = takeReady(); slot !== null; slot = takeReady()) {
    const readiness = slot.readiness;
    const error = slot.error;
    // Neither is set when the slot was closed by another's handler, even if it is open again.
    if (readiness == 0 && error == 0) continue;
    slot.readiness = 0;
    slot.error = 0;
    call_indirect<void>(indexOf(slot.handler), slot, readiness, error);
  }
}

/** The timeout of a wait: the caller's or the next deadline's, whichever is shorter. */
function timeoutNsFor(timeoutMs: i32): i64 {
  const atNs = nextDeadlineNs();
  const callerNs: i64 = timeoutMs < 0 ? -1 : <i64>timeoutMs * NS_PER_MS;
  if (atNs == NEVER_NS) return callerNs;
  const leftNs: i64 = atNs > nowNs() ? atNs - nowNs() : 0;
  return callerNs < 0 ? leftNs : min(leftNs, callerNs);
}

/** Rounded up, so that whoever calls again then is not too early. */
function untilNextDeadlineMs(): i32 {
  const atNs = nextDeadlineNs();
  if (atNs == NEVER_NS) return ONLY_FOR_EVENTS;
  if (atNs <= nowNs()) return 0;
  const leftMs = (atNs - nowNs() + (NS_PER_MS - 1)) / NS_PER_MS;
  return <i32>min(leftMs, <u64>ONLY_FOR_EVENTS);
}

// Deadlines. All those of a list lie equally far ahead of the moment at which they were started,
// so the list is in the order of their time without sorting, and every operation is O(1).

import { Callback, indexOf } from "../lib/callback";
import { List, ListNode } from "../lib/list";

/** No deadline is due before the end of time. */
export const NEVER_NS: u64 = u64.MAX_VALUE;

/** Lies in the memory of what it is a deadline of. 16 bytes. */
@unmanaged
export class Deadline extends ListNode {
  atNs: u64;
}

/** 24 bytes. */
@unmanaged
export class DeadlineList extends List {
  durationNs: u64;
  /** `(deadline: Deadline) => void`, for each that has passed; it is out of the list by then. */
  onExpired: Callback;
  nextList: usize;

  /** Sets `deadline` to `durationNs` from now, whether it was running or not. */
  restart(deadline: Deadline, nowNs: u64): void {
    this.remove(deadline);
    deadline.atNs = nowNs + this.durationNs;
    this.append(deadline);
  }
}

let lists: usize = 0;

/** Makes the reactor look after `list`, which has its duration and its function by now. */
export function addDeadlineList(list: DeadlineList): void {
  list.nextList = lists;
  lists = changetype<usize>(list);
}

/** The earliest deadline of all lists, or {@link NEVER_NS}. */
export function nextDeadlineNs(): u64 {
  let earliestNs = NEVER_NS;
  for (let at = lists; at != 0; at = changetype<DeadlineList>(at).nextList) {
    const first = changetype<DeadlineList>(at).first;
    if (first != 0) earliestNs = min(earliestNs, changetype<Deadline>(first).atNs);
  }
  return earliestNs;
}

/** Calls the function of every deadline that lies at or before `nowNs`. */
export function expireDeadlines(nowNs: u64): void {
  for (let at = lists; at != 0; at = changetype<DeadlineList>(at).nextList) {
    const list = changetype<DeadlineList>(at);
    while (list.first != 0 && changetype<Deadline>(list.first).atNs <= nowNs) {
      const deadline = changetype<Deadline>(list.first);
      list.remove(deadline);
      call_indirect<void>(indexOf(list.onExpired), deadline);
    }
  }
}

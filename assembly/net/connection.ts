// A connection: what arrives is transformed in its ring and sent from there. What cannot be sent
// stays in the ring, and a full ring is not read into, so a slow peer slows its own sender down.
//
//   0        40       44       56         72          80
//   +--------+--------+--------+----------+-----------+
//   |  Slot  | state  |  ring  |   idle   |  waiting  |      one room of the fd table
//   +--------+--------+--------+----------+-----------+

import { fdClose } from "../abi/wasip1";
import { AGAIN, INTR, Iovec } from "../abi/wasip1-layout";
import { forget, noteAgain, watch } from "../demux/default";
import { Callback, indexOf } from "../lib/callback";
import { List, ListNode } from "../lib/list";
import { NS_PER_MS } from "../lib/units";
import { noteConnections } from "../reactor/core-directory";
import { addDeadlineList, Deadline, DeadlineList } from "../reactor/deadlines";
import { leaveMoreToDo } from "../reactor/dispatch";
import { closeSlot, openSlot } from "../reactor/fd-table";
import { READ, WRITE } from "../reactor/interest";
import { Slot, SLOT_BYTES } from "../reactor/slot";
import { nowNs } from "../reactor/turn-clock";
import { noteClosed, noteOpened } from "./admission";
import { borrowedBlockCount, isRingBlockFree, RingBuffer, setRingBytes } from "./ring-buffer";
import { receive, send } from "./socket";


@unmanaged
class Connection extends Slot {
  /** The peer sends no more; what is held is still sent. */
  hasPeerFinished: bool;
  /** Looked at when answers wait for their end: what is held goes out, down to the last byte. */
  private hasAnswer: bool;

  /** Whether what is held is for sending, and not the beginning of an answer. */
  get isAnswerDue(): bool {
    return !this.ring.isEmpty && (completes == 0 || this.hasAnswer);
  }

  set isAnswerDue(is: bool) {
    if (completes != 0) this.hasAnswer = is;
  }

  get ring(): RingBuffer {
    return changetype<RingBuffer>(changetype<usize>(this) + RING_AT);
  }

  get idle(): Deadline {
    return changetype<Deadline>(changetype<usize>(this) + IDLE_AT);
  }

  get waiting(): ListNode {
    return changetype<ListNode>(changetype<usize>(this) + WAITING_AT);
  }
}

const RING_AT: usize = offsetof<Slot>() + 4;
const IDLE_AT: usize = RING_AT + offsetof<RingBuffer>();
const WAITING_AT: usize = IDLE_AT + offsetof<Deadline>();

if (offsetof<Connection>() > RING_AT) ERROR("a connection's state overlaps its ring");
if (IDLE_AT % 8 != 0) ERROR("a deadline has 8-byte numbers");
if (WAITING_AT + offsetof<ListNode>() > SLOT_BYTES) ERROR("a connection needs a larger room");

/** Connections with something to read and no memory for it, first come first served. */
const waiting = changetype<List>(memory.data(8, 4));

const pieces: usize = memory.data(16, 8);

const idles = changetype<DeadlineList>(memory.data(24, 8));

let transform: Callback = 0;
let completes: Callback = 0;

/**
 * Says what all connections share. Called once, before the first.
 *
 * @param change `(bytes: usize, lengthBytes: u32) => void`; changes bytes in place as they arrive.
 * @param ends `(bytes: usize, lengthBytes: u32) => bool`; whether these, changed, complete an answer.
 *   What is held goes out then, and when no more fits, or comes. 0: whatever arrives is an answer.
 * @param idleMs a connection without traffic for this long is closed; 0: never.
 */
export function setUpConnections(
  change: Callback,
  ends: Callback,
  ringBytes: u32,
  idleMs: u32,
): void {
  transform = change;
  completes = ends;
  setRingBytes(ringBytes);
  noteConnections(changetype<usize>(serve), RING_AT, ringBytes);
  if (idleMs == 0) return;
  idles.durationNs = <u64>idleMs * NS_PER_MS;
  idles.onExpired = changetype<usize>(closeIdle);
  addDeadlineList(idles);
}

/** Serves `fd`, for which the table and the demux have reserved room. */
export function openConnection(fd: u32): void {
  const connection = changetype<Connection>(openSlot(fd));
  connection.handler = changetype<usize>(serve);
  noteOpened();
  noteTraffic(connection);
  settle(connection);
}

function serve(slot: Slot, readiness: u8, error: u16): void {
  serveOne(changetype<Connection>(slot), readiness, error);
  if (waiting.first != 0) resumeWaiting();
}

function serveOne(connection: Connection, readiness: u8, error: u16): void {
  if (error != 0) return close(connection);
  // Written first: it makes room for what is read.
  if ((readiness & WRITE) != 0 && !sendHeld(connection)) return;
  if ((readiness & READ) != 0 && !receiveMore(connection)) return;
  settle(connection);
}

/** Receives once, so that one busy peer does not starve the others. False: it was closed. */
function receiveMore(connection: Connection): bool {
  const ring = connection.ring;
  if (ring.isFull) return true;
  if (!ring.borrow()) return waitForMemory(connection);
  const wasDue = connection.isAnswerDue;
  const result = receive(connection.fd, ring);
  if (result <= 0) {
    if (ring.isEmpty) ring.release();
    if (result == 0) {
      connection.hasPeerFinished = true;
      connection.isAnswerDue = true;
    }
    return result == 0 || isRetried(connection, READ, result);
  }
  transformNewest(connection, result);
  noteTraffic(connection);
  if (ring.isFull) {
    connection.isAnswerDue = true;
    // There may be more where this came from.
    leaveMoreToDo();
  }
  // Tried at once, without waiting for readiness, unless the last try has just said no.
  return wasDue || !connection.isAnswerDue || sendHeld(connection);
}

// @ts-ignore: decorator
@inline
function transformNewest(connection: Connection, bytes: u32): void {
  const pieceCount = connection.ring.newestPieces(pieces, bytes);
  for (let i: u32 = 0; i < pieceCount; i++) {
    const piece = changetype<Iovec>(pieces + i * <u32>offsetof<Iovec>());
    const address: usize = piece.address;
    call_indirect<void>(indexOf(transform), address, piece.lengthBytes);
    if (completes == 0) continue;
    if (call_indirect<bool>(indexOf(completes), address, piece.lengthBytes)) {
      connection.isAnswerDue = true;
    }
  }
}

/** Sends once what the ring holds. False: the connection was closed. */
function sendHeld(connection: Connection): bool {
  const result = send(connection.fd, connection.ring);
  if (result < 0) return isRetried(connection, WRITE, result);
  if (connection.ring.isEmpty) connection.isAnswerDue = false;
  noteTraffic(connection);
  return true;
}

/** Whether a call is made again when the descriptor is ready; if not, the connection is closed. */
function isRetried(connection: Connection, interest: u8, result: i32): bool {
  if (result == -(<i32>AGAIN)) noteAgain(connection, interest);
  if (result == -(<i32>AGAIN) || result == -(<i32>INTR)) return true;
  close(connection);
  return false;
}

/** Watches for what can be done next: reading while there is room, writing while there is an answer. */
function settle(connection: Connection): void {
  const ring = connection.ring;
  if (connection.hasPeerFinished && ring.isEmpty) return close(connection);
  const isWaiting = waiting.has(connection.waiting);
  const canRead = !ring.isFull && !connection.hasPeerFinished && !isWaiting;
  const interest: u8 = (canRead ? READ : 0) | (connection.isAnswerDue ? WRITE : 0);
  if (interest == connection.interest || watch(connection, interest)) return;
  // No memory for a second subscription: what is held goes first, and reading goes on after it.
  if (connection.isAnswerDue) watch(connection, WRITE);
  if (connection.interest == 0 && !isWaiting) close(connection);
}

/** False, and closed, when no ring holds memory that could come back. */
function waitForMemory(connection: Connection): bool {
  if (borrowedBlockCount() == 0) {
    close(connection);
    return false;
  }
  waiting.append(connection.waiting);
  return true;
}

/**
 * Lets the connection that has waited longest read again when there is a block for it. One for each
 * call: it is served next, and the call after that resumes another.
 */
function resumeWaiting(): void {
  if (!isRingBlockFree()) return;
  let connection: Connection;
  do {
    connection = changetype<Connection>(waiting.first - WAITING_AT);
    waiting.remove(connection.waiting);
    // Closes the connection when its subscription finds no memory; then the next one has its turn.
    settle(connection);
  } while (!connection.isOpen && waiting.first != 0);
}

function close(connection: Connection): void {
  forget(connection);
  idles.remove(connection.idle);
  waiting.remove(connection.waiting);
  connection.ring.release();
  // Whatever it answers, the descriptor is closed.
  fdClose(connection.fd);
  closeSlot(connection);
  noteClosed();
}

// @ts-ignore: decorator
@inline
function noteTraffic(connection: Connection): void {
  if (idles.durationNs != 0) idles.restart(connection.idle, nowNs());
}

function closeIdle(deadline: Deadline): void {
  close(changetype<Connection>(changetype<usize>(deadline) - IDLE_AT));
  if (waiting.first != 0) resumeWaiting();
}

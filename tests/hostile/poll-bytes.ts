// Subscriptions and events of poll_oneoff as bytes, written out field by field.

import type { Errno } from '../../host/base/errno.ts';
import { Errno as ERRNO } from '../../host/base/errno.ts';
import { Event, EventType, Subscription } from '../../host/wasi/layout.ts';

export const { CLOCK, FD_READ, FD_WRITE } = EventType;

export function fdSubscription(userdata: bigint, tag: number, fd: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(Subscription.BYTES));
  view.setBigUint64(Subscription.USERDATA, userdata, true);
  view.setUint8(Subscription.TAG, tag);
  view.setUint32(Subscription.FD, fd, true);
  return new Uint8Array(view.buffer);
}

/** @param flags 1: `timeoutNs` is an instant */
export function clockSubscription(
  userdata: bigint,
  clock: number,
  timeoutNs: bigint,
  flags = 0,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(Subscription.BYTES));
  view.setBigUint64(Subscription.USERDATA, userdata, true);
  view.setUint32(Subscription.CLOCK_ID, clock, true);
  view.setBigUint64(Subscription.CLOCK_TIMEOUT, timeoutNs, true);
  view.setUint16(Subscription.CLOCK_FLAGS, flags, true);
  return new Uint8Array(view.buffer);
}

/** The event of a subscription that is ready, or of a clock that is due. */
export function event(userdata: bigint, type: number): Uint8Array {
  return eventBytes({ userdata, type, error: 0, nbytes: type === CLOCK ? 0n : 1n });
}

/** The event of a subscription that can't be waited for. */
export function badEvent(userdata: bigint, type: number, error: keyof typeof Errno): Uint8Array {
  return eventBytes({ userdata, type, error: ERRNO[error], nbytes: 0n });
}

/** One after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function eventBytes(fields: {
  readonly userdata: bigint;
  readonly type: number;
  readonly error: number;
  readonly nbytes: bigint;
}): Uint8Array {
  const view = new DataView(new ArrayBuffer(Event.BYTES));
  view.setBigUint64(Event.USERDATA, fields.userdata, true);
  view.setUint16(Event.ERROR, fields.error, true);
  view.setUint8(Event.TYPE, fields.type);
  view.setBigUint64(Event.NBYTES, fields.nbytes, true);
  return new Uint8Array(view.buffer);
}

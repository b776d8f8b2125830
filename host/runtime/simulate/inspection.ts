// What a simulated world looks like inside: plain data, made for tests and for printing.

import { Mode, Readiness } from '../../kernel/kernel.ts';
import type { OpenFile } from '../../kernel/sim/open-file.ts';
import { TcpConnection } from '../../kernel/sim/tcp-connection.ts';
import { TCP_STATE_NAMES } from '../../kernel/sim/tcp-wire.ts';
import { UnixSocket } from '../../kernel/sim/unix-socket.ts';
import { Kind } from '../../wasi/descriptors.ts';
import type { Core } from './core.ts';
import type { SlotView } from './guest-core.ts';

export interface Inspection {
  readonly nowMs: number;
  /** What the guest has open, by rising number. */
  readonly descriptors: readonly DescriptorView[];
  /** The sets of its kernel: `poll_oneoff` keeps one, from nine descriptors on. */
  readonly sets: readonly SetView[];
  /** How many segments and timers have happened. */
  readonly happenedCount: number;
}

export interface DescriptorView {
  readonly fd: number;
  readonly kind: 'listener' | 'connection' | 'stdio' | 'epoll';
  readonly isNonBlocking: boolean;
  /** What it is ready for: `READ|WRITE`, or empty. */
  readonly ready: string;
  /** Of a socket; `CLOSE` also after both sides have ended. A unix socket has three of them. */
  readonly state?: string;
  /** Of a listener: complete connections that wait to be accepted. */
  readonly queuedCount?: number;
  /** Of a connection: bytes that the guest has not received yet. */
  readonly receivedBytes?: number;
  /**
   * Of a connection: bytes that the guest has sent and that the peer has not acknowledged; over a
   * unix socket, has not received.
   */
  readonly unacknowledgedBytes?: number;
  /** Of a TCP connection: bytes that the guest has sent and that wait for the peer's window. */
  readonly unsentBytes?: number;
  /** What the guest's reactor core knows of it: of our guests only, once they have run. */
  readonly slot?: SlotView;
}

export interface SetView {
  /** `fd 4: READ level`, in the order in which they were first watched. */
  readonly interest: readonly string[];
  /** The descriptors in the ready list, the next one first. */
  readonly readyList: readonly number[];
}

/** Looks at a world that is at rest. Looking changes nothing. */
export function inspect(core: Core): Inspection {
  const files = core.kernel.openFiles();
  const fdOf = new Map<number, number>();
  const descriptors: DescriptorView[] = [];
  const { descriptors: table } = core.sandbox;
  const slots = core.slots();
  for (let fd = 0; descriptors.length < table.openCount; fd++) {
    const descriptor = table.get(fd);
    if (descriptor === undefined) continue;
    fdOf.set(descriptor.handle, fd);
    descriptors.push({
      fd,
      kind: KIND_NAMES[descriptor.kind],
      isNonBlocking: descriptor.isNonBlocking,
      ...viewOf(files.get(descriptor.handle)),
      ...slotOf(slots.get(fd)),
    });
  }
  const sets = [...core.kernel.openSets().values()].map((set) => ({
    interest: set
      .watches()
      .map(
        ({ handle, interest, mode }) =>
          `fd ${fdOf.get(handle) ?? -1}: ${bitNames(interest)} ${MODE_NAMES[mode]}`,
      ),
    readyList: set.listed().map(({ handle }) => fdOf.get(handle) ?? -1),
  }));
  const { happenedCount } = core.network.timeline;
  return { nowMs: core.nowNs / 1e6, descriptors, sets, happenedCount };
}

const KIND_NAMES = {
  [Kind.LISTENER]: 'listener',
  [Kind.STREAM]: 'connection',
  [Kind.STDIO]: 'stdio',
  [Kind.EPOLL]: 'epoll',
} as const;

const MODE_NAMES = {
  [Mode.LEVEL]: 'level',
  [Mode.EDGE]: 'edge',
  [Mode.ONE_SHOT]: 'one-shot',
} as const;

function viewOf(file: OpenFile | undefined): Omit<DescriptorView, 'fd' | 'kind' | 'isNonBlocking'> {
  if (file instanceof UnixSocket) return viewOfUnix(file);
  if (!(file instanceof TcpConnection)) return { ready: bitNames(file?.peek() ?? 0) };
  const ready = bitNames(file.peek());
  const state = TCP_STATE_NAMES[file.state] as string;
  if (file.isListening) return { ready, state, queuedCount: file.queue.length };
  return {
    ready,
    state,
    receivedBytes: file.receivedBytes,
    unacknowledgedBytes: file.sending.unacknowledgedBytes,
    unsentBytes: file.sending.unsentBytes,
  };
}

function viewOfUnix(file: UnixSocket): ReturnType<typeof viewOf> {
  const { stateName: state, queuedCount, receivedBytes, unreceivedBytes } = file;
  const ready = bitNames(file.peek());
  if (file.isListening) return { ready, state, queuedCount };
  return { ready, state, receivedBytes, unacknowledgedBytes: unreceivedBytes };
}

function slotOf(slot: SlotView | undefined): Pick<DescriptorView, 'slot'> {
  return slot === undefined ? {} : { slot };
}

function bitNames(bits: number): string {
  const names = Object.entries(Readiness).filter(([, bit]) => (bits & bit) !== 0);
  return names.map(([name]) => name).join('|');
}

// The network of one simulated machine: its loopback, its ports, the paths of its unix sockets. All
// kernels on one network see each other's sockets. How long a segment takes is the network's to say.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import type { Address } from '../address.ts';
import { HalfOpen } from './half-open.ts';
import { PortTable } from './ports.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import type { TcpConnection } from './tcp-connection.ts';
import { Segment, SegmentKind, type SegmentTarget } from './tcp-wire.ts';
import { Timeline } from './timeline.ts';
import type { UnixSocket } from './unix-socket.ts';

export interface NetworkOptions {
  /** Which rules of Linux it keeps: all, except in tests that show that each one counts. */
  readonly rules?: Rules;
  /** How long a segment is on its way, in whole nanoseconds. Asked once for each. 0 by default. */
  readonly latencyNs?: () => number;
  /** The most bytes that the next segment carries. Asked once for each. */
  readonly segmentBytesMax?: () => number;
  /** Folders in which unix sockets may be bound. */
  readonly folders?: readonly string[];
}

/** Of Linux' loopback: an MTU of 65,536 less the headers. */
const SEGMENT_BYTES_MAX = 65_483;

export class Network {
  readonly rules: Rules;
  readonly timeline = new Timeline();
  readonly ports: PortTable;
  /** How many bytes a segment has at most: the next one may have fewer. */
  readonly segmentBytesMax = SEGMENT_BYTES_MAX;
  readonly nextSegmentBytesMax: () => number;
  readonly #folders: Set<string>;
  /** Bound unix paths. A path outlives its socket, and is then undefined. */
  readonly paths = new Map<string, UnixSocket | undefined>();
  readonly #latencyNs: () => number;

  constructor(options: NetworkOptions = {}) {
    this.rules = options.rules ?? ALL_RULES;
    this.ports = new PortTable(this.rules);
    this.nextSegmentBytesMax = options.segmentBytesMax ?? (() => SEGMENT_BYTES_MAX);
    this.#folders = new Set(options.folders ?? ['/', '/tmp', '/run', '.']);
    this.#latencyNs = options.latencyNs ?? (() => 0);
  }

  /** Sends a segment on its way. Those of one sender arrive in the order they were sent. */
  transmit(segment: Segment): void {
    this.timeline.deliver(this.#delayAfter(segment.from), segment);
  }

  /** Sends a SYN to whoever listens at `address` when it arrives. */
  transmitSyn(client: TcpConnection, address: Exclude<Address, { family: 'unix' }>): void {
    const delayNs = this.#delayAfter(client);
    this.timeline.deliver(delayNs, { happen: () => this.#admit(client, address) });
  }

  /** Makes the folder in which `path` is. */
  makeFolder(path: string): void {
    this.#folders.add(folderOf(path));
  }

  /** @returns 0, or `-NOENT` for a path in a folder that does not exist. */
  checkFolder(path: string): SysResult {
    const folder = folderOf(path);
    if (this.#folders.has(folder)) return 0;
    return this.paths.has(folder) ? -Errno.NOTDIR : -Errno.NOENT;
  }

  #delayAfter(sender: SegmentTarget): number {
    const { nowNs } = this.timeline;
    const dueNs = Math.max(nowNs + this.#latencyNs(), sender.lastArrivalNs);
    sender.lastArrivalNs = dueNs;
    return dueNs - nowNs;
  }

  #admit(client: TcpConnection, address: Exclude<Address, { family: 'unix' }>): void {
    if (!client.isConnecting) return;
    const listener = this.ports.findListener(address);
    if (listener === undefined) {
      this.transmit(new Segment(client, client, SegmentKind.RST));
    } else if (listener.isQueueFull || listener.isQueueStopped) {
      // Dropped: the client's timer sends another.
      if (!this.rules.fullQueueDropsSyn) {
        this.transmit(new Segment(client, client, SegmentKind.RST));
      }
    } else {
      new HalfOpen(listener, client).answer();
    }
  }
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash) || '/';
}

// The far ends of a native kernel: the clients and servers are sockets of a second native kernel in
// the same thread, standard streams are files, sockets and pipes (FIFOs: those can be opened from
// JavaScript), and what happens while the first kernel is blocked is done by a worker.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { Errno, errnoName } from '../../host/base/errno.ts';
import { NS_PER_S } from '../../host/base/units.ts';
import type { Address, Family } from '../../host/kernel/address.ts';
import { type Handle, Readiness, Shutdown, SocketOption } from '../../host/kernel/kernel.ts';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import type { NativeKernelOptions } from '../../host/kernel/native/native-kernel-options.ts';
import { closeWake, createWake } from '../../host/kernel/native/wake.ts';
import { FewList } from '../../host/kernel/ready-list.ts';
import { startWorker } from '../support/worker.ts';
import type { LaterMessage } from './native-later.ts';
import {
  FILE_TEXT,
  type LaterAct,
  type Peer,
  type PeerListener,
  type Peers,
  type Received,
  type StdioKind,
  type StdioKinds,
  type StdioPeer,
  type World,
} from './peers.ts';
import { isPacketUnderWay } from './packets.ts';

/** Bytes of the memory through which the peers' kernel moves data. */
const MEMORY_BYTES = 1 << 20;
const PATIENCE_NS = 20 * NS_PER_S;
/** Round trips without progress after which bytes that no one reads count as arrived. */
const QUIET_ROUND_TRIPS = 20;
/** Longer than an acknowledgement is held back, by a timer that may be late: TCP_DELACK_MAX, 200 ms. */
const ACKNOWLEDGED_WITHIN_MS = 2000;
/** Descriptors that this process may have from the first exhaustion on: quick to use up. */
const DESCRIPTORS_MAX = 1024;

const folder = mkdtempSync(join(tmpdir(), 'pollux-contract-'));
const filePath = join(folder, 'file');
writeFileSync(filePath, FILE_TEXT);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

let pathCount = 0;
let laterWorker: Worker | undefined;
let isLimitLowered = false;

export interface NativeWorld extends World {
  readonly kernel: NativeKernel;
  /** What wakes the kernel, from any thread. */
  readonly wakeDescriptor: number;
  /** What the kernel was given as its standard streams. */
  readonly stdioDescriptors: readonly [number, number, number];
}

/** A {@link MakeKernel} of the native kernel. */
export function makeNativeKernel(
  kinds: StdioKinds = ['none', 'none', 'none'],
  options: Pick<NativeKernelOptions, 'forceTimerfd'> = {},
): NativeWorld {
  const wakeDescriptor = must(createWake());
  const peers = new NativePeers(kinds, wakeDescriptor);
  const { stdioDescriptors } = peers;
  const kernel = new NativeKernel({ ...options, wakeDescriptor, stdio: stdioDescriptors });
  return { kernel, peers, wakeDescriptor, stdioDescriptors };
}

class NativePeers implements Peers {
  /** What the kernel under test is given as its standard streams. */
  readonly stdioDescriptors: [number, number, number];

  readonly #kernel = new NativeKernel();
  readonly #memory = Buffer.from(new ArrayBuffer(MEMORY_BYTES));
  readonly #wakeDescriptor: number;
  readonly #stdio: StdioEnds[];
  readonly #sockets: Handle[] = [];
  readonly #fillers: number[] = [];
  readonly #marker: readonly [Handle, Handle];

  constructor(kinds: StdioKinds, wakeDescriptor: number) {
    this.#kernel.attach(this.#memory.buffer);
    this.#wakeDescriptor = wakeDescriptor;
    this.#stdio = kinds.map((kind, index) => this.#openStdio(kind, index));
    this.stdioDescriptors = this.#stdio.map((ends) => ends.near) as [number, number, number];
    this.#marker = this.#connectPair('ipv4');
  }

  freeAddress(family: Family): Address {
    if (family === 'unix') return { family, path: join(folder, `${pathCount++}`) };
    return { family, host: family === 'ipv4' ? '127.0.0.1' : '::1', port: 0 };
  }

  connect(address: Address): Peer {
    const handle = must(this.#kernel.open(address.family));
    const result = this.#kernel.connect(handle, address);
    if (result === -Errno.INPROGRESS) this.settle();
    else if (result < 0 && result !== -Errno.CONNREFUSED && result !== -Errno.AGAIN) must(result);
    return this.#peer(handle);
  }

  listen(family: Family, backlog: number): PeerListener {
    const kernel = this.#kernel;
    const listener = must(kernel.open(family));
    must(kernel.bind(listener, this.freeAddress(family)));
    must(kernel.listen(listener, backlog));
    return {
      address: mustAddress(kernel.localAddress(listener)),
      accept: () => {
        this.#waitFor(listener, Readiness.READ);
        return this.#peer(must(kernel.accept(listener)));
      },
      close: () => void must(kernel.close(listener)),
    };
  }

  stdio(index: number): StdioPeer {
    const { send, receive, close } = this.#stdio[index] as StdioEnds;
    return { send, receive, close };
  }

  /**
   * What this thread sends over loopback lands in one queue, and a byte of the marker behind it:
   * when that has come, all before it has. Bytes that are not acknowledged are waited for as well,
   * unless nothing moves: their receiver is full, or holds its acknowledgement back.
   */
  settle(): void {
    let quiet = 0;
    let last = Infinity;
    do {
      this.#markerRoundTrip();
      const unacknowledged = this.#unacknowledgedBytes();
      if (unacknowledged === 0) return;
      quiet = unacknowledged === last ? quiet + 1 : 0;
      last = unacknowledged;
    } while (quiet < QUIET_ROUND_TRIPS);
  }

  rest(): void {
    const names = [...this.#sockets].map((handle) => this.#kernel.localAddress(handle));
    const untilMs = performance.now() + ACKNOWLEDGED_WITHIN_MS;
    do this.settle();
    while (isPacketUnderWay(names) && performance.now() < untilMs);
  }

  later(act: LaterAct): void {
    sendLater({ ...act, wakeDescriptor: this.#wakeDescriptor });
  }

  exhaustDescriptors(): (count: number) => void {
    lowerDescriptorLimit();
    for (;;) {
      try {
        this.#fillers.push(openSync('/dev/null', 'r'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
        break;
      }
    }
    return (count) => {
      for (const descriptor of this.#fillers.splice(0, count)) closeSync(descriptor);
    };
  }

  close(): void {
    for (const descriptor of this.#fillers.splice(0)) closeSync(descriptor);
    for (const { close, closeNear } of this.#stdio) {
      close();
      closeNear();
    }
    this.#kernel.destroy();
    closeWake(this.#wakeDescriptor);
  }

  // ---- sockets --------------------------------------------------------------------------------

  #peer(handle: Handle): Peer {
    this.#sockets.push(handle);
    const kernel = this.#kernel;
    return {
      address: mustAddress(kernel.localAddress(handle)),
      isConnected: () => typeof kernel.peerAddress(handle) === 'object',
      send: (text) => this.#send(handle, text),
      receive: (bytesMax) => this.#receive(handle, bytesMax),
      endSending: () => void must(kernel.shutdown(handle, Shutdown.WRITE)),
      reset: () => {
        must(kernel.setOption(handle, SocketOption.LINGER, 0));
        this.#close(handle);
      },
      close: () => this.#close(handle),
    };
  }

  #close(handle: Handle): void {
    this.#sockets.splice(this.#sockets.indexOf(handle), 1);
    must(this.#kernel.close(handle));
  }

  #send(handle: Handle, text: string): number {
    if (text.length > MEMORY_BYTES) throw new Error('a peer sends 1 MiB at a time');
    this.#memory.write(text, 0, 'latin1');
    const sent = this.#kernel.send(handle, 0, text.length);
    return sent === -Errno.AGAIN ? 0 : must(sent);
  }

  #receive(handle: Handle, bytesMax = Infinity): Received {
    let text = '';
    while (text.length < bytesMax) {
      const lengthBytes = Math.min(bytesMax - text.length, MEMORY_BYTES);
      const count = this.#kernel.recv(handle, 0, lengthBytes, 0);
      if (count === 0) return { text, then: 'end' };
      if (count === -Errno.CONNRESET) return { text, then: 'reset' };
      if (count === -Errno.AGAIN) break;
      text += this.#memory.toString('latin1', 0, must(count));
    }
    return { text, then: 'open' };
  }

  #connectPair(family: Family): readonly [Handle, Handle] {
    const kernel = this.#kernel;
    const listener = must(kernel.open(family));
    must(kernel.bind(listener, this.freeAddress(family)));
    must(kernel.listen(listener, 1));
    const client = must(kernel.open(family));
    const result = kernel.connect(client, mustAddress(kernel.localAddress(listener)));
    if (result !== -Errno.INPROGRESS) must(result);
    this.#waitFor(listener, Readiness.READ);
    const server = must(kernel.accept(listener));
    must(kernel.close(listener));
    if (family !== 'unix') {
      // Else the marker's second byte waits for the first one's acknowledgement.
      must(kernel.setOption(client, SocketOption.NO_DELAY, 1));
      must(kernel.setOption(server, SocketOption.NO_DELAY, 1));
    }
    return [client, server];
  }

  #markerRoundTrip(): void {
    for (const [from, to] of [this.#marker, [...this.#marker].reverse() as [Handle, Handle]]) {
      must(this.#kernel.send(from, 0, 1));
      this.#waitFor(to, Readiness.READ);
      must(this.#kernel.recv(to, 0, 1, 0));
    }
  }

  #unacknowledgedBytes(): number {
    let sum = 0;
    for (const handle of this.#sockets) {
      const bytes = this.#kernel.unacknowledgedBytes(handle);
      // A socket that is on its way, refused or of the unix family has none.
      if (bytes > 0) sum += bytes;
    }
    return sum;
  }

  #waitFor(handle: Handle, interest: number): void {
    const few = new FewList();
    few.add(handle, interest);
    if (must(this.#kernel.waitFew(few, PATIENCE_NS)) === 0) throw new Error('a peer waits in vain');
  }

  // ---- standard streams -----------------------------------------------------------------------

  #openStdio(kind: StdioKind, index: number): StdioEnds {
    switch (kind) {
      case 'none':
        return { ...NOTHING, near: -1 };
      case 'file':
        return nearOnly(openSync(filePath, index === 0 ? 'r' : 'r+'));
      case 'directory':
        return nearOnly(openSync(folder, 'r'));
      case 'null':
        return nearOnly(openSync('/dev/null', 'r+'));
      case 'pipe':
        return openPipe(index);
      case 'socket':
        return this.#openSocketStream();
    }
  }

  #openSocketStream(): StdioEnds {
    const [near, far] = this.#connectPair('unix');
    const descriptor = must(this.#kernel.release(near));
    return {
      near: descriptor,
      send: (text) => void this.#send(far, text),
      receive: () => this.#receive(far).text,
      close: () => void this.#kernel.close(far),
      closeNear: () => closeSync(descriptor),
    };
  }
}

interface StdioEnds extends StdioPeer {
  /** The descriptor for the kernel under test, -1 for none. */
  readonly near: number;
  readonly closeNear: () => void;
}

const NOTHING: StdioPeer & Pick<StdioEnds, 'closeNear'> = {
  send: () => {
    throw new Error('this standard stream has no far end');
  },
  receive: () => {
    throw new Error('this standard stream has no far end');
  },
  close: () => {},
  closeNear: () => {},
};

function nearOnly(near: number): StdioEnds {
  return { ...NOTHING, near, closeNear: () => closeSync(near) };
}

/** A FIFO is a pipe with a name. Opened this way round, neither end blocks in open(2). */
function openPipe(index: number): StdioEnds {
  const path = join(folder, `${pathCount++}`);
  if (spawnSync('mkfifo', [path]).status !== 0) throw new Error('mkfifo failed');
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const [near, far] = index === 0 ? [reader, writer] : [writer, reader];
  let isFarOpen = true;
  return {
    near,
    send: (text) => void writeSync(far, text, null, 'latin1'),
    receive: () => readAvailable(far),
    close: () => {
      if (isFarOpen) closeSync(far);
      isFarOpen = false;
    },
    closeNear: () => closeSync(near),
  };
}

function readAvailable(descriptor: number): string {
  const piece = Buffer.alloc(MEMORY_BYTES);
  let text = '';
  for (;;) {
    try {
      const count = readSync(descriptor, piece, 0, piece.length, null);
      if (count === 0) return text;
      text += piece.toString('latin1', 0, count);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return text;
      throw error;
    }
  }
}

// ---- the process --------------------------------------------------------------------------------

/** Sends this process a signal while its main thread is blocked. */
export function signalLater(signal: NodeJS.Signals): void {
  sendLater({ act: 'signal', signal, wakeDescriptor: -1 });
}

function sendLater(message: LaterMessage): void {
  laterWorker ??= startLaterWorker();
  laterWorker.postMessage(message);
}

function startLaterWorker(): Worker {
  const worker = startWorker(new URL('native-later.ts', import.meta.url));
  // It has no end of its own; the process need not wait for it.
  worker.unref();
  return worker;
}

/** Where prlimit(1) is missing, using up what the system allows takes longer and works as well. */
function lowerDescriptorLimit(): void {
  if (isLimitLowered) return;
  isLimitLowered = true;
  spawnSync('prlimit', [`--pid=${process.pid}`, `--nofile=${DESCRIPTORS_MAX}:`]);
}

function must(result: number): number {
  if (result < 0) throw new Error(`a peer's call failed: ${errnoName(-result)}`);
  return result;
}

function mustAddress(result: Address | number): Address {
  if (typeof result === 'number') throw new Error(`a peer's call failed: ${errnoName(-result)}`);
  return result;
}

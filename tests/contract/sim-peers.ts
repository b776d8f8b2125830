// The far ends of a simulated kernel: the clients and servers are sockets of a second simulated
// kernel on the same network, standard streams are simulated pipes, sockets and files, and what
// happens while the kernel is blocked is done when it says that it is.

import { Errno, errnoName } from '../../host/base/errno.ts';
import type { Address, Family } from '../../host/kernel/address.ts';
import { type Handle, Shutdown, SocketOption } from '../../host/kernel/kernel.ts';
import { DescriptorLimit } from '../../host/kernel/sim/handle-table.ts';
import { Network } from '../../host/kernel/sim/network.ts';
import type { OpenFile } from '../../host/kernel/sim/open-file.ts';
import { makePipe } from '../../host/kernel/sim/pipe.ts';
import { Folder, NullDevice, RegularFile } from '../../host/kernel/sim/plain-files.ts';
import type { Rules } from '../../host/kernel/sim/rules.ts';
import { SimKernel } from '../../host/kernel/sim/sim-kernel.ts';
import { UnixSocket } from '../../host/kernel/sim/unix-socket.ts';
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

const MEMORY_BYTES = 1 << 20;
/** As on the real machine with its limit lowered: quick to use up. */
const DESCRIPTORS_MAX = 1024;

export interface SimWorld extends World {
  readonly kernel: SimKernel;
  readonly network: Network;
}

/** A `MakeKernel` of the simulated kernel. `rules`: all of them, except for the parity tests. */
export function makeSimKernel(
  kinds: StdioKinds = ['none', 'none', 'none'],
  rules?: Rules,
): SimWorld {
  const network = new Network(rules === undefined ? {} : { rules });
  const descriptors = new DescriptorLimit(DESCRIPTORS_MAX);
  const peers = new SimPeers(network, descriptors, kinds);
  const kernel = new SimKernel({
    network,
    descriptors,
    stdio: [peers.near(0), peers.near(1), peers.near(2)],
    onBlock: () => peers.actLater(() => kernel.wake()),
  });
  return { kernel, peers, network };
}

class SimPeers implements Peers {
  readonly #network: Network;
  readonly #descriptors: DescriptorLimit;
  readonly #kernel: SimKernel;
  readonly #memory = Buffer.from(new ArrayBuffer(MEMORY_BYTES));
  readonly #stdio: readonly StdioEnds[];
  readonly #laterActs: LaterAct[] = [];
  #laterClient: Peer | undefined;
  #isDraining = false;
  #pathCount = 0;

  constructor(network: Network, descriptors: DescriptorLimit, kinds: StdioKinds) {
    this.#network = network;
    this.#descriptors = descriptors;
    this.#kernel = new SimKernel({ network });
    this.#kernel.attach(this.#memory.buffer);
    this.#stdio = kinds.map((kind, index) => this.#openStdio(kind, index));
  }

  /** What the kernel under test has as its standard stream. */
  near(index: number): OpenFile | undefined {
    return this.#stdio[index]?.near;
  }

  freeAddress(family: Family): Address {
    if (family === 'unix') return { family, path: `/tmp/${this.#pathCount++}` };
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
        this.settle();
        return this.#peer(must(kernel.accept(listener)));
      },
      close: () => void must(kernel.close(listener)),
    };
  }

  stdio(index: number): StdioPeer {
    return this.#stdio[index] as StdioEnds;
  }

  settle(): void {
    this.#network.timeline.settle();
  }

  rest(): void {
    this.settle();
  }

  later(act: LaterAct): void {
    this.#laterActs.push(act);
  }

  /** The kernel under test is blocked. @returns true when something was done about it. */
  actLater(wake: () => void): boolean {
    const act = this.#laterActs.shift();
    if (act?.act === 'wake') wake();
    if (act?.act === 'connect') this.#laterClient = this.connect(act.address);
    if (act?.act === 'send') this.#laterClient?.send(act.text);
    if (act?.act === 'drain') this.#isDraining = true;
    const isDraining = this.#isDraining && this.#laterClient?.receive().text !== '';
    return act !== undefined || isDraining;
  }

  exhaustDescriptors(): (count: number) => void {
    const limit = this.#descriptors;
    limit.maxCount = limit.usedCount;
    return (count) => void (limit.maxCount += count);
  }

  close(): void {
    this.#kernel.destroy();
  }

  // ---- sockets --------------------------------------------------------------------------------

  #peer(handle: Handle): Peer {
    const kernel = this.#kernel;
    return {
      address: mustAddress(kernel.localAddress(handle)),
      isConnected: () => typeof kernel.peerAddress(handle) === 'object',
      send: (text) => this.#send(handle, text),
      receive: (bytesMax) => this.#receive(handle, bytesMax),
      endSending: () => void must(kernel.shutdown(handle, Shutdown.WRITE)),
      reset: () => {
        must(kernel.setOption(handle, SocketOption.LINGER, 0));
        must(kernel.close(handle));
      },
      close: () => void must(kernel.close(handle)),
    };
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

  // ---- standard streams -----------------------------------------------------------------------

  #openStdio(kind: StdioKind, index: number): StdioEnds {
    const { rules } = this.#network;
    switch (kind) {
      case 'none':
        return NOTHING;
      case 'file':
        return { ...NOTHING, near: new RegularFile(rules, Buffer.from(FILE_TEXT), index === 0) };
      case 'directory':
        return { ...NOTHING, near: new Folder(rules) };
      case 'null':
        return { ...NOTHING, near: new NullDevice(rules) };
      case 'pipe': {
        const [reader, writer] = makePipe(rules);
        return index === 0 ? this.#ends(reader, writer) : this.#ends(writer, reader);
      }
      case 'socket': {
        const [near, far] = UnixSocket.pair(this.#network);
        return this.#ends(near, far);
      }
    }
  }

  /** The far end moves text until there is no room or none is left. */
  #ends(near: OpenFile, far: OpenFile): StdioEnds {
    const piece = new Uint8Array(MEMORY_BYTES);
    return {
      near,
      send: (text) => {
        const bytes = Buffer.from(text, 'latin1');
        if (far.write(bytes, 0, bytes.length) !== bytes.length) throw new Error('no room');
      },
      receive: () => {
        let text = '';
        for (;;) {
          const count = far.read(piece, 0, piece.length);
          if (count <= 0) return text;
          text += Buffer.from(piece.subarray(0, count)).toString('latin1');
        }
      },
      close: () => far.release(),
    };
  }
}

interface StdioEnds extends StdioPeer {
  readonly near: OpenFile | undefined;
}

const NOTHING: StdioEnds = {
  near: undefined,
  send: () => {
    throw new Error('this standard stream has no far end');
  },
  receive: () => {
    throw new Error('this standard stream has no far end');
  },
  close: () => {},
};

function must(result: number): number {
  if (result < 0) throw new Error(`a peer's call failed: ${errnoName(-result)}`);
  return result;
}

function mustAddress(result: Address | number): Address {
  if (typeof result === 'number') throw new Error(`a peer's call failed: ${errnoName(-result)}`);
  return result;
}

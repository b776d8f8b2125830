// What a test does to a world, as data: it is done once by the test, and again by the world each
// time a guest has to be run anew.

import type { Address } from '../../kernel/address.ts';
import type { InjectedError } from '../../kernel/sim/traced-kernel.ts';
import type { Buffers } from './buffers.ts';
import type { Core } from './core.ts';
import type { PeerSocket } from './peer-socket.ts';
import type { Answer, ServerOptions } from './server-socket.ts';

/**
 * Something that is done at once, while the guest is at rest. Peers and servers are named by their
 * number.
 */
export type Deed =
  | { readonly kind: 'connect'; readonly address: Address; readonly buffers: Buffers }
  | { readonly kind: 'listen'; readonly address: Address; readonly options: ServerOptions }
  | { readonly kind: 'answer'; readonly server: number; readonly answer: Answer }
  | { readonly kind: 'send'; readonly peer: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end' | 'close' | 'reset'; readonly peer: number }
  | { readonly kind: 'pause' | 'resume'; readonly peer: number }
  | { readonly kind: 'read'; readonly peer: number; readonly count: number }
  | { readonly kind: 'inject'; readonly error: InjectedError };

/** Something for which the guest runs. */
export type Run =
  /** Until it waits and nothing is on its way. */
  | { readonly kind: 'run' }
  /** The same, and on, until this time. */
  | { readonly kind: 'advance'; readonly toNs: number }
  /** One turn. */
  | { readonly kind: 'turn' }
  /** So many calls of the kernel, or until it rests. */
  | { readonly kind: 'calls'; readonly count: number };

export function isRun(step: Deed | Run): step is Run {
  return ['run', 'advance', 'turn', 'calls'].includes(step.kind);
}

/** @throws SimulationError `USAGE` when a server can not listen. Nothing was done then. */
export function doDeed(core: Core, deed: Deed): void {
  if (deed.kind === 'connect') core.connect(deed.address, deed.buffers);
  else if (deed.kind === 'listen') core.listen(deed.address, deed.options);
  else if (deed.kind === 'answer') core.server(deed.server).socket.answer(deed.answer);
  else if (deed.kind === 'inject') core.kernel.inject(deed.error);
  else doWithPeer(core.peer(deed.peer), deed);
}

function doWithPeer(peer: PeerSocket, deed: Extract<Deed, { peer: number }>): void {
  switch (deed.kind) {
    case 'send':
      peer.give(deed.bytes);
      return;
    case 'end':
      peer.endSoon();
      return;
    case 'close':
      peer.closeSoon();
      return;
    case 'reset':
      peer.reset();
      return;
    case 'pause':
      peer.isPaused = true;
      return;
    case 'resume':
      peer.isPaused = false;
      return;
    case 'read':
      peer.receive(deed.count);
  }
}

// What a test does to a world, as data: it is done once by the test, and again by the world each
// time a `_start` guest has to be run anew.

import type { InjectedError } from '../../kernel/sim/traced-kernel.ts';
import type { Buffers } from './client-socket.ts';
import type { Core } from './core.ts';

/** Something that is done at once, while the guest is at rest. Clients are named by their number. */
export type Deed =
  | { readonly kind: 'connect'; readonly listener: number; readonly buffers: Buffers }
  | { readonly kind: 'send'; readonly client: number; readonly bytes: Uint8Array }
  | { readonly kind: 'end' | 'close' | 'reset'; readonly client: number }
  | { readonly kind: 'pause' | 'resume'; readonly client: number }
  | { readonly kind: 'read'; readonly client: number; readonly count: number }
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

export function doDeed(core: Core, deed: Deed): void {
  if (deed.kind === 'connect') {
    core.connect(deed.listener, deed.buffers);
    return;
  }
  if (deed.kind === 'inject') {
    core.kernel.inject(deed.error);
    return;
  }
  const client = core.client(deed.client);
  switch (deed.kind) {
    case 'send':
      client.give(deed.bytes);
      return;
    case 'end':
      client.endSoon();
      return;
    case 'close':
      client.closeSoon();
      return;
    case 'reset':
      client.reset();
      return;
    case 'pause':
      client.isPaused = true;
      return;
    case 'resume':
      client.isPaused = false;
      return;
    case 'read':
      client.receive(deed.count);
  }
}

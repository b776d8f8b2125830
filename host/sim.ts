// The public API of the twin: `pollux/sim`. It needs nothing of Node, and bundles for a page.

export { PolluxError, type PolluxErrorCode } from './base/pollux-error.ts';
export type { SimEnd } from './runtime/simulate/core.ts';
export { forAllSeeds } from './runtime/simulate/for-all-seeds.ts';
export type { RingView, SlotView } from './runtime/simulate/guest-core.ts';
export type { DescriptorView, Inspection, SetView } from './runtime/simulate/inspection.ts';
export type { Range, SimulateOptions } from './runtime/simulate/options.ts';
export type { Peer } from './runtime/simulate/peer.ts';
export type { PeerState } from './runtime/simulate/peer-socket.ts';
export type { Server } from './runtime/simulate/server.ts';
export type { ServerOptions } from './runtime/simulate/server-socket.ts';
export { SimulationError, type SimulationErrorCode } from './runtime/simulate/simulation-error.ts';
export { simulate } from './runtime/simulate/simulate.ts';
export type { ConnectOptions, World } from './runtime/simulate/world.ts';

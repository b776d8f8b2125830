// A program in a simulated world of its own: time is virtual, and a seed decides how the network cuts
// and delays, and so in which order the program finds things ready.

import * as assert from 'uvu/assert';
import { simulate, type SimulateOptions, type World } from '../../../host/sim.ts';
import type { Peer, StreamEnd } from './peer.ts';
import type { Outcome, Play, Stage } from './stage.ts';

const SERVER = '127.0.0.1:9000';
const CHANCE = { latencyMs: [0, 5], segmentBytes: [1, 2000] } as const;

type WorldPeer = ReturnType<World['connect']>;
type WorldServer = ReturnType<World['listen']>;

/** @returns what came of it, and the hash of all that the program did. */
export async function playInTwin(
  bytes: Uint8Array,
  play: Play,
  seed: number,
): Promise<{ readonly held: unknown; readonly traceHash: string }> {
  const world = await simulate(bytes, { seed, ...CHANCE, ...optionsOf(play) });
  const isServed = play.role !== 'listens' && play.isRefused !== true;
  const stage = new TwinStage(world, isServed ? world.listen(`tcp:${SERVER}`) : undefined);
  const held = await play.peers(stage);
  if (play.role === 'listens' && world.end !== undefined) assert.is(world.end.reason, 'exited');
  return { held, traceHash: world.traceHash };
}

function optionsOf({ role, args = [], input = '' }: Play): SimulateOptions {
  if (role === 'listens') return { args, stdin: input };
  const options = { listen: [], stdin: input };
  if (role === 'connected') return { ...options, args, connect: [`tcp:${SERVER}`] };
  return { ...options, args: ['--to', SERVER, ...args], allowConnect: [SERVER] };
}

class TwinStage implements Stage {
  readonly #world: World;
  readonly #server: WorldServer | undefined;
  #acceptedCount = 0;

  constructor(world: World, server: WorldServer | undefined) {
    this.#world = world;
    this.#server = server;
  }

  connect(): Promise<Peer> {
    return Promise.resolve(new TwinPeer(this.#world, this.#world.connect()));
  }

  accept(): Promise<Peer> {
    assert.ok(this.#server, 'the script has no server');
    this.#world.run();
    const accepted = this.#server.connection(this.#acceptedCount);
    this.#acceptedCount += 1;
    return Promise.resolve(new TwinPeer(this.#world, accepted));
  }

  pass(ms: number): void {
    this.#world.advance(ms);
  }

  outcome(): Promise<Outcome> {
    const { end, stdout, stderr } = this.#world.run();
    if (end?.reason !== 'exited') throw new Error(`the program has not ended; ${stderr}`);
    const named = stderr.replaceAll(SERVER, 'SERVER');
    return Promise.resolve({ code: end.code, stdout, stderr: named });
  }
}

class TwinPeer implements Peer {
  readonly #world: World;
  readonly #peer: WorldPeer;

  constructor(world: World, peer: WorldPeer) {
    this.#world = world;
    this.#peer = peer;
  }

  send(bytes: string | Uint8Array): Promise<void> {
    this.#peer.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return Promise.resolve();
  }

  finish(): void {
    this.#peer.end();
  }

  reset(): void {
    this.#peer.reset();
  }

  close(): void {
    this.#peer.close();
  }

  pause(): void {
    this.#peer.pause();
  }

  resume(): void {
    this.#peer.resume();
  }

  get bytes(): Buffer {
    return Buffer.from(this.#peer.bytes());
  }

  received(countBytes: number): Promise<void> {
    this.#world.run();
    const { length } = this.#peer.bytes();
    if (length >= countBytes) return Promise.resolve();
    const { state } = this.#peer;
    throw new Error(`${countBytes} bytes do not come, only ${length}; the peer is ${state}`);
  }

  ended(): Promise<StreamEnd> {
    this.#world.run();
    const { state } = this.#peer;
    if (state === 'ended' || state === 'reset') return Promise.resolve(state);
    throw new Error(`the stream does not end; the peer is ${state}`);
  }
}

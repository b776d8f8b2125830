// Random calls of every import over the native kernel, in this process, for a long hunt or a short one:
//
//     node --import tsx tests/hostile/fuzz.ts [--calls 20000] [--seed 1]
//
// Whatever the arguments: the answer is an errno of preview1, nothing is written beyond the regions
// that the table of signatures names, nothing at all on an errno, nothing but GuestExit is thrown,
// and no descriptor is left. A failure prints the seed and the last calls; the same seed and number
// of calls make the same calls again. `--verbose` counts the answers of each function by itself.
// `--plant errno`, `write`, `throw` or `descriptor` breaks one invariant, to show that it is seen.

import { openSync, readdirSync, readlinkSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { errnoName } from '../../host/base/errno.ts';
import { Kind } from '../../host/wasi/descriptors.ts';
import { FdFlags } from '../../host/wasi/layout.ts';
import { GuestMemory } from '../../host/wasi/memory.ts';
import { CallRegions, type Region } from '../../host/wasi/regions.ts';
import { GuestExit } from '../../host/wasi/guest-exit.ts';
import type { Signature } from '../../host/wasi/signature.ts';
import type { Peer, StdioKind, StdioKinds } from '../contract/peers.ts';
import { Random } from '../e2e/support/random.ts';
import { ALL_SIGNATURES } from '../support/functions.ts';
import { TestWorld } from '../wasi/world.ts';
import { ArgumentMaker, type Arguments, pick } from './fuzz-arguments.ts';
import { isOfLoader } from '../support/loader-files.ts';

const CALLS_PER_WORLD = 500;
const PEER_COUNT_MAX = 6;
const FD_COUNT_MAX = 16;
const PAGES_MAX = 8;
const HISTORY_COUNT = 8;
const ERRNO_MAX = 76;
const KINDS: readonly StdioKind[] = ['pipe', 'socket', 'file', 'directory', 'null'];
const ARGS = ['guest.wasm', 'an argument', ''];
const ENVIRON = ['A=b'];
/** Not where packets could leave the machine. */
const ALLOWED = ['127.0.0.0/8:*', '[::1]:*'];

/** Functions whose results depend on more than their arguments are called more often. */
const OFTEN =
  /^(?:poll_|epoll_(?:ctl|wait)|sock_(?:accept|recv|send|open|connect)|fd_(?:read|write)$)/;
const CHOICES: readonly Signature[] = ALL_SIGNATURES.filter(
  ({ name }) => name !== 'proc_exit',
).flatMap((signature) =>
  Array.from({ length: OFTEN.test(signature.name) ? 12 : 1 }, () => signature),
);
const PROC_EXIT = ALL_SIGNATURES.find(({ name }) => name === 'proc_exit');

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    plant: { type: 'string' },
    verbose: { type: 'boolean' },
  },
});
const seed = Number(values.seed);
const callCount = Number(values.calls);
const answers = new Map<string, number>();

function main(): void {
  for (let world = 0; world * CALLS_PER_WORLD < callCount; world++) {
    const count = Math.min(CALLS_PER_WORLD, callCount - world * CALLS_PER_WORLD);
    const history: string[] = [];
    try {
      playWorld(new Random(seed, world), count, history);
    } catch (error) {
      process.stdout.write(
        `seed ${seed}, world ${world}, the last calls:\n${history.join('\n')}\n`,
      );
      throw error;
    }
  }
  const kinds = [...answers].sort().map(([answer, count]) => `${answer} ${count}`);
  process.stdout.write(`${callCount} calls, seed ${seed}: ${kinds.join(', ')}\n`);
}

function playWorld(random: Random, count: number, history: string[]): void {
  const before = descriptors();
  const stdio: StdioKinds = [pick(random, KINDS), pick(random, KINDS), pick(random, KINDS)];
  const world = new TestWorld({
    ...{ stdio, args: ARGS, environ: ENVIRON, fdCountMax: FD_COUNT_MAX },
    allowConnect: ALLOWED,
  });
  try {
    new Round(world, random, stdio, history).play(count);
  } finally {
    world.close();
  }
  if (values.plant === 'descriptor') openSync('/dev/null', 'r');
  if (descriptors() !== before) throw new Error('the kernel has left descriptors open');
}

class Round {
  readonly #world: TestWorld;
  readonly #random: Random;
  readonly #stdio: StdioKinds;
  readonly #history: string[];
  readonly #maker: ArgumentMaker;
  /** The process's descriptors that are neither the guest's nor a client's. */
  readonly #baseCount: number;
  #peers: Peer[] = [];
  #memoryBefore = new Uint8Array();

  constructor(world: TestWorld, random: Random, stdio: StdioKinds, history: string[]) {
    this.#world = world;
    this.#random = random;
    this.#stdio = stdio;
    this.#history = history;
    const { address } = world;
    this.#maker = new ArgumentMaker(random, address.family === 'unix' ? [] : [address.port, 1]);
    this.#baseCount = descriptors() - world.caller.sandbox.descriptors.openCount;
  }

  play(count: number): void {
    for (let index = 0; index < count; index++) {
      if (this.#random.chance(0.2)) this.#actOutside();
      this.#callOnce(pick(this.#random, CHOICES));
    }
    this.#closeAll();
    this.#exit();
  }

  #callOnce(signature: Signature): void {
    const { caller } = this.#world;
    this.#neverBlock();
    const parameters = this.#maker.make(signature, caller.view, ...this.#openFds());
    this.#note(`${signature.name}(${parameters.join(', ')})`);
    if (this.#memoryBefore.length !== caller.bytes.length) {
      this.#memoryBefore = new Uint8Array(caller.bytes.length);
    }
    this.#memoryBefore.set(caller.bytes);
    const table = new CallRegions(signature);
    table.before(parameters.map(Number), new GuestMemory(caller.memory));
    const answer = this.#plant(caller.call(signature.name, ...parameters));
    this.#note(`  ${errnoName(answer)}`);
    if (!Number.isInteger(answer) || answer < 0 || answer > ERRNO_MAX) {
      throw new Error(`${answer} is no errno`);
    }
    const key =
      values.verbose === true ? `${signature.name} ${errnoName(answer)}` : errnoName(answer);
    answers.set(key, (answers.get(key) ?? 0) + 1);
    this.#checkMemory(answer === 0 ? this.#regions(signature, parameters, table) : []);
  }

  /** Outside of the regions the memory is what it was. */
  #checkMemory(regions: readonly Region[]): void {
    const { bytes } = this.#world.caller;
    for (const { pointer, lengthBytes } of regions) {
      this.#memoryBefore.set(bytes.subarray(pointer, pointer + lengthBytes), pointer);
    }
    if (Buffer.compare(bytes, this.#memoryBefore) === 0) return;
    const at = bytes.findIndex((byte, index) => byte !== this.#memoryBefore[index]);
    throw new Error(`the byte at ${at} was written, and should not be`);
  }

  /** What the table of signatures says that the call wrote. */
  #regions(signature: Signature, parameters: Arguments, table: CallRegions): readonly Region[] {
    const numbers = parameters.map(Number);
    const [first = 0, second = 0] = numbers;
    // The table takes for text what has changed, which would be no test of it.
    if (signature.name === 'args_get') return textRegions(ARGS, first, second);
    if (signature.name === 'environ_get') return textRegions(ENVIRON, first, second);
    return table.written(numbers, new GuestMemory(this.#world.caller.memory));
  }

  /** What a guest can't do itself: clients come and go, its memory grows, a wake comes. */
  #actOutside(): void {
    const { caller, peers, address } = this.#world;
    const random = this.#random;
    const act = random.below(20);
    if (act < 8 && this.#peers.length < PEER_COUNT_MAX) this.#peers.push(peers.connect(address));
    else if (act < 17 && this.#peers.length > 0) this.#actAsClient(pick(random, this.#peers), act);
    else if (act === 17) this.#actOnStdio(random.below(3));
    else if (act === 18) caller.sandbox.kernel.wake();
    else if (caller.bytes.length < PAGES_MAX * 65536 && random.chance(0.1)) caller.memory.grow(1);
    peers.settle();
  }

  #actAsClient(peer: Peer, act: number): void {
    try {
      if (act < 13) peer.send('x'.repeat(this.#random.magnitude(5000)));
      else if (act === 13) peer.receive();
      else if (act === 14) peer.endSending();
      else this.#end(peer);
    } catch {
      // The guest has ended the connection, or it was never accepted.
      this.#end(peer);
    }
  }

  #actOnStdio(index: number): void {
    if (this.#stdio[index] !== 'pipe' && this.#stdio[index] !== 'socket') return;
    const end = this.#world.peers.stdio(index);
    if (index === 0) end.send('input');
    else end.receive();
  }

  #end(peer: Peer): void {
    this.#peers = this.#peers.filter((other) => other !== peer);
    if (this.#random.chance(0.5)) peer.reset();
    else peer.close();
  }

  /** Those that are open, and those of them that are epoll instances. */
  #openFds(): [number[], number[]] {
    const { descriptors } = this.#world.caller.sandbox;
    const all = Array.from({ length: FD_COUNT_MAX }, (_, fd) => fd);
    return [
      all.filter((fd) => descriptors.get(fd) !== undefined),
      all.filter((fd) => descriptors.get(fd)?.kind === Kind.EPOLL),
    ];
  }

  /** Every call answers at once: each descriptor is non-blocking, however the guest sets it. */
  #neverBlock(): void {
    for (const descriptor of this.#world.caller.sandbox.descriptors.all()) {
      descriptor.flags |= FdFlags.NONBLOCK;
    }
  }

  /** With everything closed, the process has as many descriptors as it had, and one set. */
  #closeAll(): void {
    for (const peer of this.#peers) peer.close();
    const { caller } = this.#world;
    for (let fd = 0; fd < FD_COUNT_MAX; fd++) caller.call('fd_close', fd);
    const open = caller.sandbox.descriptors.openCount;
    if (open > 0) throw new Error(`${open} descriptors lie beyond the most that there may be`);
    const leftCount = descriptors() - this.#baseCount;
    if (leftCount !== 0 && leftCount !== 1) throw new Error(`${leftCount} descriptors are left`);
  }

  /** proc_exit leaves by GuestExit, and so does every call after it. */
  #exit(): void {
    for (const signature of [PROC_EXIT, ...ALL_SIGNATURES]) {
      if (signature === undefined) throw new Error('the table has no proc_exit');
      const parameters = this.#maker.make(signature, this.#world.caller.view, []);
      this.#note(`${signature.name}(${parameters.join(', ')}) after the end`);
      let thrown: unknown;
      try {
        this.#world.caller.call(signature.name, ...parameters);
      } catch (error) {
        thrown = error;
      }
      if (!(thrown instanceof GuestExit)) throw new Error('the call came back', { cause: thrown });
    }
  }

  #note(line: string): void {
    this.#history.push(line);
    if (this.#history.length > HISTORY_COUNT) this.#history.shift();
  }

  #plant(answer: number): number {
    const { bytes } = this.#world.caller;
    if (values.plant === 'errno') return 77;
    if (values.plant === 'write') bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    if (values.plant === 'throw') throw new TypeError('planted');
    return answer;
  }
}

function textRegions(texts: readonly string[], pointers: number, text: number): Region[] {
  const lengthBytes = texts.reduce((sum, { length }) => sum + length + 1, 0);
  return [
    { pointer: pointers, lengthBytes: texts.length * 4 },
    { pointer: text, lengthBytes },
  ];
}

/**
 * How many descriptors are open. Not those of the loader's thread, which reads modules, and what it
 * keeps of them, whenever it likes.
 */
function descriptors(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return !isOfLoader(readlinkSync(`/proc/self/fd/${descriptor}`));
    } catch {
      return false;
    }
  }).length;
}

main();

// Small messages that cross by the turn: what lies on this side of the boundary. The core's side is
// tested in batch.c.

import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { type Handle, Mode, Readiness, RECV_PEEK } from '../../host/kernel/kernel.ts';
import { MESSAGE_BYTES_MAX } from '../../host/kernel/native/batch.ts';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import type { NativeKernelOptions } from '../../host/kernel/native/native-kernel-options.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { suite } from '../support/suite.ts';
import { startWorker } from '../support/worker.ts';
import { MESSAGE, TURNS_BEFORE } from './batch-turns.ts';
import { listen, ok, PATIENCE_NS, show, waitFor, withKernel, type World } from './world.ts';

const { READ } = Readiness;
const MEMORY_BYTES = 65536;
/** Where the tests put what they send, and where they receive. */
const FROM = 1024;
const TO = 8192;

const batch = suite('NativeKernel: small messages by the turn');

interface Turns extends World {
  readonly near: Handle;
  readonly set: number;
  readonly bytes: Uint8Array;
  /** The peer stands on a kernel of its own: no call of its makes the other one send. */
  readonly peer: Peer;
}

class Peer {
  readonly kernel = new NativeKernel({ batching: false });
  readonly bytes = new Uint8Array(new ArrayBuffer(MEMORY_BYTES));
  readonly #socket: Handle;

  constructor(socketOf: (kernel: NativeKernel) => Handle) {
    this.kernel.attach(this.bytes.buffer);
    this.#socket = socketOf(this.kernel);
  }

  say(bytes: Uint8Array): void {
    this.bytes.set(bytes);
    assert.is(this.kernel.send(this.#socket, 0, bytes.length), bytes.length);
  }

  /** What has come up to now. */
  heardNow(): string {
    const count = this.kernel.recv(this.#socket, 0, MEMORY_BYTES, 0);
    return count < 0 ? show(count) : Buffer.from(this.bytes.subarray(0, count)).toString('latin1');
  }

  /** Waits for something to come. */
  heard(): string {
    assert.is(waitFor(this.kernel, this.#socket), 1);
    return this.heardNow();
  }
}

const encode = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** Waits for a message and receives it whole. */
function receive({ kernel, set, ready, near }: Turns): number {
  assert.is(kernel.wait(set, PATIENCE_NS, ready), 1);
  return kernel.recv(near, TO, 8192, 0);
}

/** A connection whose small messages come ahead from now on. */
function withTurns(body: (turns: Turns) => void, options: NativeKernelOptions = {}): void {
  withKernel((world) => {
    const { kernel, memory } = world;
    const { listener, address } = listen(kernel);
    const peer = new Peer((far) => {
      const socket = ok(far.open('ipv4'));
      assert.is(show(far.connect(socket, address)), '-INPROGRESS');
      return socket;
    });
    assert.is(waitFor(kernel, listener), 1);
    const near = ok(kernel.accept(listener));
    const set = ok(kernel.openSet());
    ok(kernel.watch(set, near, READ, Mode.LEVEL));
    const turns = { ...world, near, set, peer, bytes: new Uint8Array(memory.buffer) };
    try {
      for (let turn = 0; turn < TURNS_BEFORE; turn++) {
        peer.say(encode(MESSAGE));
        assert.is(receive(turns), MESSAGE.length);
      }
      body(turns);
    } finally {
      peer.kernel.destroy();
    }
  }, options);
}

/** A turn whose answer is kept. */
function answer(turns: Turns, text: string): void {
  turns.peer.say(encode(MESSAGE));
  assert.is(receive(turns), MESSAGE.length);
  turns.bytes.set(encode(text), FROM);
  assert.is(turns.kernel.send(turns.near, FROM, text.length), text.length);
}

/** Bytes that depend on their number and on where they lie. */
const patternOf = (seed: number, lengthBytes: number): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, (_, at) => (seed * 31 + at * 7) & 0xff);

const LENGTHS = [1, 7, 8, 9, 63, 64, 65, 200, MESSAGE_BYTES_MAX - 1, MESSAGE_BYTES_MAX, 513, 3000];
const OFFSETS = [0, 1, 4, 8];

batch('messages of any length arrive as they are, wherever they are put', () => {
  withTurns(({ kernel, set, ready, near, peer, bytes }) => {
    for (const offset of OFFSETS) {
      for (const lengthBytes of LENGTHS) {
        const message = patternOf(lengthBytes + offset, lengthBytes);
        bytes.fill(0xee, TO, TO + 8192);
        peer.say(message);
        assert.is(kernel.wait(set, PATIENCE_NS, ready), 1);
        assert.is(kernel.recv(near, TO + offset, 4096, 0), lengthBytes);
        const wanted = new Uint8Array(8192).fill(0xee);
        wanted.set(message, offset);
        const found = bytes.subarray(TO, TO + 8192);
        assert.is(Buffer.compare(found, wanted), 0, `${lengthBytes} bytes at ${offset}`);
        // Small again, so that the next one may come ahead.
        for (let turn = 0; turn < TURNS_BEFORE; turn++) {
          peer.say(encode(MESSAGE));
          assert.is(kernel.wait(set, PATIENCE_NS, ready), 1);
          assert.is(kernel.recv(near, 0, 4096, 0), MESSAGE.length);
        }
      }
    }
  });
});

batch('answers of any length leave as they are, from wherever they lie', () => {
  withTurns((turns) => {
    const { kernel, near, peer, bytes } = turns;
    for (const offset of OFFSETS) {
      for (const lengthBytes of LENGTHS) {
        peer.say(encode(MESSAGE));
        assert.is(receive(turns), MESSAGE.length);
        const message = patternOf(lengthBytes + offset, lengthBytes);
        bytes.set(message, FROM + offset);
        assert.is(kernel.send(near, FROM + offset, lengthBytes), lengthBytes);
        // What becomes of the guest's memory does not matter any more.
        bytes.fill(0, FROM, FROM + 4096);
        kernel.consumeWake();
        assert.is(peer.heard(), Buffer.from(message).toString('latin1'), `${lengthBytes} bytes`);
      }
    }
  });
});

batch('at the very end of the memory too', () => {
  withTurns((turns) => {
    const { kernel, near, peer, bytes, set, ready } = turns;
    for (const lengthBytes of [5, 8, 64]) {
      peer.say(patternOf(1, lengthBytes));
      assert.is(kernel.wait(set, PATIENCE_NS, ready), 1);
      const pointer = MEMORY_BYTES - 64;
      assert.is(show(kernel.recv(near, pointer, 65, 0)), '-FAULT');
      assert.is(kernel.recv(near, pointer, 64, 0), lengthBytes);
      assert.is(show(kernel.send(near, pointer + 8, 64)), '-FAULT');
      bytes.set(patternOf(2, lengthBytes), MEMORY_BYTES - lengthBytes);
      assert.is(kernel.send(near, MEMORY_BYTES - lengthBytes, lengthBytes), lengthBytes);
      kernel.consumeWake();
      assert.is(peer.heard(), Buffer.from(patternOf(2, lengthBytes)).toString('latin1'));
    }
  });
});

batch('an answer is kept until the next call, and any call sends it', () => {
  const few = new FewList();
  const ready = new ReadyList(4);
  const instant = new Uint32Array(2);
  const calls: readonly (readonly [string, (turns: Turns) => unknown])[] = [
    ['open', ({ kernel }) => kernel.open('ipv4')],
    ['listen', ({ kernel }) => kernel.listen(0, 1)],
    ['accept', ({ kernel }) => kernel.accept(0)],
    ['recv', ({ kernel, near }) => kernel.recv(near, 0, 64, 0)],
    ['recv, to peek', ({ kernel, near }) => kernel.recv(near, 0, 64, RECV_PEEK)],
    ['recvVectors', ({ kernel, near }) => kernel.recvVectors(near, 0, 0)],
    ['send', ({ kernel, near }) => kernel.send(near, 0, 0)],
    ['sendVectors', ({ kernel, near }) => kernel.sendVectors(near, 0)],
    ['shutdown', ({ kernel, near }) => kernel.shutdown(near, 2)],
    ['close', ({ kernel, near }) => kernel.close(near)],
    ['dup', ({ kernel, near }) => kernel.dup(near)],
    ['release', ({ kernel, near }) => kernel.release(near)],
    ['takeError', ({ kernel, near }) => kernel.takeError(near)],
    ['getOption', ({ kernel, near }) => kernel.getOption(near, 2)],
    ['localAddress', ({ kernel, near }) => kernel.localAddress(near)],
    ['unacknowledgedBytes', ({ kernel, near }) => kernel.unacknowledgedBytes(near)],
    ['openStdio', ({ kernel }) => kernel.openStdio(7)],
    ['read', ({ kernel, near }) => kernel.read(near, 0, 64)],
    ['write', ({ kernel, near }) => kernel.write(near, 0, 0)],
    ['openSet', ({ kernel }) => kernel.openSet()],
    ['unwatch', ({ kernel, set, near }) => kernel.unwatch(set, near)],
    ['wait', ({ kernel, set }) => kernel.wait(set, 0, ready)],
    ['waitFew', ({ kernel }) => kernel.waitFew(few, 0)],
    ['clockTime', ({ kernel }) => kernel.clockTime(1, instant)],
    ['random', ({ kernel }) => kernel.random(0, 1)],
    ['attach', ({ kernel }) => kernel.attach(new ArrayBuffer(64))],
    ['wake', ({ kernel }) => kernel.wake()],
    ['destroy', ({ kernel }) => kernel.destroy()],
  ];
  for (const [name, call] of calls) {
    withTurns((turns) => {
      answer(turns, `before ${name}`);
      assert.is(turns.peer.heardNow(), '-AGAIN', name);
      call(turns);
      assert.is(turns.peer.heard(), `before ${name}`);
    });
  }
});

batch('a second send goes out behind the answer that was kept', () => {
  withTurns((turns) => {
    answer(turns, 'the first, ');
    turns.bytes.set(encode('the second'), FROM);
    assert.is(turns.kernel.send(turns.near, FROM, 10), 10);
    assert.is(turns.peer.heard(), 'the first, the second');
  });
});

batch('after a shutdown a send answers PIPE, as ever', () => {
  withTurns((turns) => {
    turns.peer.say(encode(MESSAGE));
    assert.is(receive(turns), MESSAGE.length);
    ok(turns.kernel.shutdown(turns.near, 2));
    assert.is(show(turns.kernel.send(turns.near, FROM, 8)), '-PIPE');
  });
});

batch('what came ahead outlives a memory that goes away', () => {
  withTurns(({ kernel, set, ready, near, peer, memory }) => {
    peer.say(encode(MESSAGE));
    assert.is(kernel.wait(set, PATIENCE_NS, ready), 1);
    memory.grow(1);
    assert.is(show(kernel.recv(near, TO, 64, 0)), '-FAULT');
    kernel.attach(memory.buffer as ArrayBuffer);
    assert.is(kernel.recv(near, TO, 64, 0), MESSAGE.length);
    const found = new Uint8Array(memory.buffer, TO, MESSAGE.length);
    assert.is(Buffer.from(found).toString('latin1'), MESSAGE);
  });
});

batch('without batching an answer is sent at once', () => {
  withTurns(
    (turns) => {
      answer(turns, 'at once');
      assert.is(turns.peer.heard(), 'at once');
    },
    { batching: false },
  );
});

batch('a thread that is terminated in a loop has sent its answers', async () => {
  const kernel = new NativeKernel();
  const bytes = new Uint8Array(new ArrayBuffer(MEMORY_BYTES));
  kernel.attach(bytes.buffer);
  const { listener, address } = listen(kernel);
  const worker = startWorker(new URL('batch-worker.ts', import.meta.url));
  try {
    worker.postMessage(address);
    assert.is(waitFor(kernel, listener), 1);
    const near = ok(kernel.accept(listener));
    bytes.set(encode(MESSAGE));
    const kept = once(worker, 'message');
    for (let turn = 0; turn <= TURNS_BEFORE; turn++) {
      assert.is(kernel.send(near, 0, MESSAGE.length), MESSAGE.length);
      if (turn === TURNS_BEFORE) break;
      // The echo of a turn that is over, unless its thread was slow: then the next call sent it.
      assert.is(waitFor(kernel, near), 1);
      assert.is(kernel.recv(near, 64, 64, 0), MESSAGE.length);
    }
    await kept;
    assert.is(show(kernel.recv(near, 64, 64, 0)), '-AGAIN');
    await worker.terminate();
    assert.is(waitFor(kernel, near), 1);
    assert.is(kernel.recv(near, 64, 64, 0), MESSAGE.length);
  } finally {
    await worker.terminate();
    kernel.destroy();
  }
});

batch.run();

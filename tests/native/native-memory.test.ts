// Memory that a NativeKernel reads and writes: bounds, memory that moves, buffers that go away.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { Mode, Readiness } from '../../host/kernel/kernel.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';
import { connectTo, ok, show, text, waitFor, withKernel, write } from './world.ts';

const { READ } = Readiness;

const data = suite('NativeKernel: memory');

data('bytes go from one socket to the other through the guest memory', () => {
  withKernel((world) => {
    const { kernel } = world;
    const { near, far } = connectTo(kernel);
    write(world, 10, 'hello');
    assert.is(kernel.send(far, 10, 5), 5);
    assert.is(waitFor(kernel, near), 1);
    assert.is(kernel.recv(near, 1000, 64, 0), 5);
    assert.is(text(world, 1000, 5), 'hello');
    kernel.vectors.set([1003, 2, 1000, 3]);
    assert.is(kernel.sendVectors(near, 2), 5);
    assert.is(waitFor(kernel, far), 1);
    kernel.vectors.set([2000, 1, 2001, 10]);
    assert.is(kernel.recvVectors(far, 2, 0), 5);
    assert.is(text(world, 2000, 5), 'lohel');
  });
});

data('a pointer outside the memory answers FAULT', () => {
  withKernel(({ kernel }) => {
    const { near } = connectTo(kernel);
    const bad: [number, number][] = [
      [65536, 1],
      [65535, 2],
      [0, 65537],
      [-1, 1],
      [-1, -1],
      [2 ** 32, 1],
      [2 ** 32 + 5, 1],
      [1, 2 ** 32],
      [2 ** 53, 2 ** 53],
      [Infinity, 1],
      [0.5, 1],
    ];
    for (const [pointer, lengthBytes] of bad) {
      const results = [
        kernel.recv(near, pointer, lengthBytes, 0),
        kernel.send(near, pointer, lengthBytes),
        kernel.read(near, pointer, lengthBytes),
        kernel.write(near, pointer, lengthBytes),
        kernel.random(pointer, lengthBytes),
      ];
      assert.equal(results, Array(5).fill(-Errno.FAULT), `${pointer}, ${lengthBytes}`);
    }
    assert.is(kernel.send(near, 65536, 0), 0);
    assert.is(show(kernel.send(near, NaN, 1)), '-INVAL');
  });
});

data('bytes are copied out to shared memory as they are, and nothing around them', () => {
  withKernel(({ kernel, memory }) => {
    const guest = new Uint8Array(memory.buffer);
    const random = new Random(1, 0);
    for (let at = 0; at < guest.length; at++) guest[at] = random.below(256);
    const target = new Uint8Array(new SharedArrayBuffer(20_000), 8);
    ok(kernel.copyTo(target));
    for (let round = 0; round < 2000; round++) {
      target.fill(0);
      const lengthBytes = random.magnitude(10_000);
      const at = random.below(target.length - lengthBytes);
      const pointer = random.below(guest.length - lengthBytes);
      assert.is(kernel.copyOut(at, pointer, lengthBytes), 0);
      const wanted = new Uint8Array(target.length);
      wanted.set(guest.subarray(pointer, pointer + lengthBytes), at);
      assert.is(Buffer.compare(target, wanted), 0, `${at}, ${pointer}, ${lengthBytes}`);
    }
  });
});

data('what lies outside is not copied out, and not copied to', () => {
  withKernel(({ kernel, memory }) => {
    assert.is(show(kernel.copyOut(0, 0, 1)), '-INVAL', 'there is no target');
    for (const wrong of [new Uint8Array(64), new Int32Array(new SharedArrayBuffer(64)), 7]) {
      assert.is(show(kernel.copyTo(wrong as Uint8Array)), '-INVAL');
    }
    new Uint8Array(memory.buffer).fill(1);
    const shared = new Uint8Array(new SharedArrayBuffer(192));
    ok(kernel.copyTo(shared.subarray(64, 128)));
    const wrong: [number, number, number, string][] = [
      [0, 0, 65, '-INVAL'],
      [64, 0, 1, '-INVAL'],
      [-1, 0, 1, '-INVAL'],
      [2 ** 32, 0, 1, '-INVAL'],
      [NaN, 0, 1, '-INVAL'],
      [0, 0, -1, '-INVAL'],
      [0, 65536, 1, '-FAULT'],
      [0, 65535, 2, '-FAULT'],
      [0, -1, 1, '-FAULT'],
      [0, 2 ** 32, 1, '-FAULT'],
      [0, 0, NaN, '-INVAL'],
    ];
    for (const [at, pointer, lengthBytes, errno] of wrong) {
      assert.is(show(kernel.copyOut(at, pointer, lengthBytes)), errno, `${at} ${pointer}`);
    }
    assert.ok(shared.every((byte) => byte === 0));
    assert.is(kernel.copyOut(64, 65536, 0), 0);
    memory.grow(1);
    assert.is(show(kernel.copyOut(0, 0, 1)), '-FAULT', 'until it is attached again');
    kernel.destroy();
    assert.is(show(kernel.copyOut(0, 0, 1)), '-BADF');
  });
});

data('memory that has grown answers FAULT until it is attached again', () => {
  withKernel((world) => {
    const { kernel, memory } = world;
    const { near, far } = connectTo(kernel);
    memory.grow(1);
    assert.is(show(kernel.send(far, 0, 1)), '-FAULT');
    kernel.vectors.set([0, 1]);
    assert.is(show(kernel.sendVectors(far, 1)), '-FAULT');
    kernel.attach(memory.buffer as ArrayBuffer);
    assert.is(kernel.send(far, 131071, 1), 1);
    assert.is(waitFor(kernel, near), 1);
    assert.is(kernel.recv(near, 0, 1, 0), 1);
  });
});

data('a buffer that was given away answers an errno, never its memory', () => {
  withKernel(({ kernel, ready }) => {
    const { near, far } = connectTo(kernel);
    const set = ok(kernel.openSet());
    ok(kernel.watch(set, near, READ, Mode.LEVEL));
    assert.is(kernel.wait(set, 0, ready), 0);
    assert.is(kernel.send(far, 0, 1), 1);
    assert.is(waitFor(kernel, near), 1);
    structuredClone(ready.pairs, { transfer: [ready.pairs.buffer as ArrayBuffer] });
    assert.is(show(kernel.wait(set, 0, ready)), '-INVAL');
    const few = new FewList();
    few.add(near, READ);
    assert.is(kernel.waitFew(few, 0), 1);
    structuredClone(few.words, { transfer: [few.words.buffer] });
    assert.is(show(kernel.waitFew(few, 0)), '-INVAL');
    structuredClone(kernel.vectors, { transfer: [kernel.vectors.buffer] });
    assert.is(show(kernel.recvVectors(near, 1, 0)), '-INVAL');
    const buffer = new ArrayBuffer(100);
    kernel.attach(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    assert.is(show(kernel.recv(near, 0, 1, 0)), '-FAULT');
    assert.is(kernel.wait(set, 0, new ReadyList(1)), 1);
  });
});

data('a shared memory is refused', () => {
  withKernel(({ kernel }) => {
    const shared = new SharedArrayBuffer(65536) as unknown as ArrayBuffer;
    assert.throws(() => kernel.attach(shared), /shared/);
    const list = { pairs: new Int32Array(shared), capacityCount: 1 } as unknown as ReadyList;
    assert.is(show(kernel.wait(ok(kernel.openSet()), 0, list)), '-INVAL');
  });
});

data('random fills what it is asked for and no byte more', () => {
  withKernel(({ kernel, memory }) => {
    assert.is(kernel.random(100, 50_000), 0);
    const bytes = new Uint8Array(memory.buffer);
    const zeros = bytes.subarray(100, 50_100).filter((byte) => byte === 0).length;
    assert.ok(zeros > 100 && zeros < 300, `${zeros} of 50,000 random bytes are 0`);
    assert.ok([...bytes.subarray(0, 100), ...bytes.subarray(50_100)].every((byte) => byte === 0));
  });
});

data.run();

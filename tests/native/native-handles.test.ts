// Handles and descriptors of a NativeKernel: who owns what, and that nothing is left open.

import { fstatSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { PolluxError } from '../../host/base/pollux-error.ts';
import { handleIndex } from '../../host/kernel/kernel.ts';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import { closeDescriptor } from '../../host/kernel/native/process.ts';
import { closeWake, createWake, signalWake } from '../../host/kernel/native/wake.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { suite } from '../support/suite.ts';
import { connectTo, descriptors, ok, show, text, waitFor, withKernel, write } from './world.ts';

const handles = suite('NativeKernel: handles and descriptors');

handles('a closed handle answers BADF when its index is in use again', () => {
  withKernel(({ kernel }) => {
    const { near, far } = connectTo(kernel);
    ok(kernel.close(near));
    const opened = [ok(kernel.open('unix')), ok(kernel.open('unix'))];
    assert.ok(opened.map(handleIndex).includes(handleIndex(near)));
    assert.not(opened.includes(near));
    assert.is(show(kernel.recv(near, 0, 1, 0)), '-BADF');
    assert.is(show(kernel.close(near)), '-BADF');
    assert.is(kernel.close(far), 0);
  });
});

handles('a released descriptor can be adopted by another kernel', () => {
  withKernel((one) => {
    withKernel((other) => {
      const { near, far } = connectTo(one.kernel);
      const descriptor = ok(one.kernel.release(near));
      assert.is(show(one.kernel.recv(near, 0, 1, 0)), '-BADF');
      const adopted = ok(other.kernel.adopt(descriptor));
      write(one, 0, 'x');
      assert.is(one.kernel.send(far, 0, 1), 1);
      assert.is(waitFor(other.kernel, adopted), 1);
      assert.is(other.kernel.recv(adopted, 9, 1, 0), 1);
      assert.is(text(other, 9, 1), 'x');
      ok(other.kernel.close(adopted));
      assert.throws(() => fstatSync(descriptor), /EBADF/);
    });
  });
});

handles('a released descriptor outlives its kernel and is closed by closeDescriptor', () => {
  let descriptor = -1;
  withKernel(({ kernel }) => {
    descriptor = ok(kernel.release(connectTo(kernel).near));
  });
  assert.ok(fstatSync(descriptor).isSocket());
  assert.is(closeDescriptor(descriptor), 0);
  assert.is(show(closeDescriptor(descriptor)), '-BADF');
});

handles('destroy closes every descriptor, and later calls answer BADF', () => {
  const before = descriptors();
  const kernel = new NativeKernel();
  const { near } = connectTo(kernel);
  const set = ok(kernel.openSet());
  ok(kernel.openStdio(0));
  ok(kernel.dup(near));
  kernel.destroy();
  kernel.destroy();
  assert.equal(descriptors(), before);
  const results = [
    kernel.open('ipv4'),
    kernel.recv(near, 0, 0, 0),
    kernel.recvVectors(near, 0, 0),
    kernel.openSet(),
    kernel.wait(set, 0, new ReadyList(1)),
    kernel.waitFew(new FewList(), 0),
    kernel.openStdio(0),
    kernel.clockTime(1, new Uint32Array(2)),
    kernel.adopt(0),
  ];
  assert.equal(results.map(show), Array(results.length).fill('-BADF'));
  kernel.attach(new ArrayBuffer(1));
  kernel.wake();
  kernel.consumeWake();
});

handles('a wake descriptor that was given stays open', () => {
  const wakeDescriptor = ok(createWake());
  withKernel(() => {}, { wakeDescriptor });
  assert.is(signalWake(wakeDescriptor), 0);
  assert.is(closeWake(wakeDescriptor), 0);
  assert.is(show(signalWake(wakeDescriptor)), '-BADF');
  assert.throws(() => new NativeKernel({ wakeDescriptor: 9999 }), /BADF/);
});

handles('what the peer has not acknowledged falls to 0', () => {
  withKernel(({ kernel }) => {
    const { near, far } = connectTo(kernel);
    let sent = 0;
    for (let count = 0; count >= 0; count = kernel.send(near, 0, 65536)) sent += count;
    assert.ok(ok(kernel.unacknowledgedBytes(near)) > 0, `${sent} bytes were sent`);
    for (let got = 0; got < sent; got += kernel.recv(far, 0, 65536, 0)) {
      assert.is(waitFor(kernel, far), 1);
    }
    while (ok(kernel.unacknowledgedBytes(near)) > 0) continue;
  });
});

handles('without a free descriptor the error says so, in one line', () => {
  withKernel(({ kernel }) => {
    const fillers: number[] = [];
    for (let one = kernel.open('unix'); one >= 0; one = kernel.open('unix')) fillers.push(one);
    assert.ok(fillers.length > 0);
    // The kernel's own wake descriptor is the first thing that it needs.
    assert.throws(
      () => new NativeKernel(),
      (error: PolluxError) =>
        error.code === 'NO_DESCRIPTORS' &&
        error.message === 'no descriptor is left (MFILE); raise ulimit -n',
    );
    ok(kernel.close(fillers[0] as number));
    new NativeKernel().destroy();
  });
});

handles.run();

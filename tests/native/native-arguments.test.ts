// Wrong arguments to a NativeKernel: an errno or a TypeError, never a crash.

import * as assert from 'uvu/assert';
import type { Address } from '../../host/kernel/address.ts';
import { binding, Pin } from '../../host/kernel/native/binding.ts';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import { closeDescriptor } from '../../host/kernel/native/process.ts';
import { FewList } from '../../host/kernel/ready-list.ts';
import { suite } from '../support/suite.ts';
import { connectTo, LOCAL, ok, show, withKernel } from './world.ts';

const wrong = suite('NativeKernel: wrong arguments');

const WRONG_VALUES: readonly unknown[] = [
  undefined,
  null,
  NaN,
  -1,
  0.5,
  2 ** 31,
  1e300,
  -Infinity,
  'text',
  '',
  true,
  {},
  [],
  Symbol('s'),
  10n,
  () => 0,
  new Int32Array(1),
];

/** They end the kernel, make waits wait, or take the standard streams of this test. */
const NOT_FOR_RANDOM_CALLS = new Set(['constructor', 'destroy', 'consumeWake', 'adopt']);

wrong('every method answers an errno or throws a TypeError for a wrong argument', () => {
  withKernel(({ kernel, ready }) => {
    const { near } = connectTo(kernel);
    const set = ok(kernel.openSet());
    const right: readonly unknown[] = [near, set, 0, 1, ready, new FewList(), LOCAL, 'ipv4'];
    const closures = Object.keys(kernel).filter(
      (name) => typeof kernel[name as 'recv'] === 'function',
    );
    assert.equal(closures, ['accept', 'close', 'recv', 'send', 'watch', 'wait', 'copyOut']);
    const names = [...Object.getOwnPropertyNames(NativeKernel.prototype), ...closures];
    kernel.wake(); // so that no wait lasts
    for (const name of names.filter((method) => !NOT_FOR_RANDOM_CALLS.has(method))) {
      const method = (kernel as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
      for (const value of WRONG_VALUES) {
        checkRefusal(name, () => method?.call(kernel, value));
        for (const first of right) {
          checkRefusal(name, () => method?.call(kernel, first, value));
          checkRefusal(name, () => method?.call(kernel, first, 0, value));
          checkRefusal(name, () => method?.call(kernel, first, 0, 0, value));
        }
      }
    }
  });
});

/** No crash, and nothing but numbers, nothing, addresses and TypeErrors. */
function checkRefusal(name: string, call: () => unknown): void {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    assert.instance(error, TypeError, `${name} threw ${String(error)}`);
    return;
  }
  assert.ok(['number', 'undefined', 'object'].includes(typeof result), `${name}: ${typeof result}`);
}

/* Below NativeKernel, where nothing stands between: before anything is pinned, and after. */
wrong('the functions of the addon answer an errno, whatever is given to them', () => {
  for (const isPinned of [false, true]) {
    const native = binding().createKernel(-1, 0, 1, 2, false, false);
    if (typeof native === 'number') throw new Error(show(native));
    if (isPinned) {
      native.pin(Pin.ARGUMENTS, new Float64Array(4).fill(1e300));
      native.pin(Pin.READY, new Int32Array(4));
      native.pin(Pin.FEW, new Int32Array(2));
      native.pin(Pin.TARGET, new Uint8Array(new SharedArrayBuffer(64)));
    }
    native.wake(); // so that no wait lasts
    const functions = Object.entries(native).filter(
      ([name, value]) => typeof value === 'function' && !NOT_FOR_RANDOM_CALLS.has(name),
    ) as [string, (...args: unknown[]) => unknown][];
    assert.ok(functions.length > 30);
    const pins: readonly unknown[] = [...Object.values(Pin), Object.keys(Pin).length];
    for (const [name, call] of functions) {
      checkRefusal(name, call);
      for (const first of [...pins, ...WRONG_VALUES]) {
        for (const value of WRONG_VALUES) {
          checkRefusal(name, () => call(first, value, value, value, value));
        }
      }
    }
    native.destroy();
  }
});

wrong('a number that is not whole is no handle and no descriptor', () => {
  withKernel(({ kernel }) => {
    for (const value of [NaN, 0.5, 2 ** 32, -(2 ** 33), Infinity]) {
      assert.is(show(kernel.adopt(value)), '-INVAL', `adopt ${value}`);
      assert.is(show(kernel.close(value)), '-INVAL', `close ${value}`);
      assert.is(show(closeDescriptor(value)), '-INVAL', `closeDescriptor ${value}`);
    }
  });
});

wrong('a timeout that is no duration answers INVAL', () => {
  withKernel(({ kernel, ready }) => {
    const set = ok(kernel.openSet());
    for (const timeoutNs of [NaN, -1, -Infinity]) {
      assert.is(show(kernel.wait(set, timeoutNs, ready)), '-INVAL');
      assert.is(show(kernel.waitFew(new FewList(), timeoutNs)), '-INVAL');
    }
  });
});

wrong('an address that is none answers INVAL, NAMETOOLONG or AFNOSUPPORT', () => {
  withKernel(({ kernel }) => {
    const handle = ok(kernel.open('ipv4'));
    const local = ok(kernel.open('unix'));
    const bind = (address: Address): string => show(kernel.bind(handle, address));
    assert.is(bind({ family: 'ipv4', host: 'localhost', port: 0 }), '-INVAL');
    assert.is(bind({ family: 'ipv4', host: 'é'.repeat(500), port: 0 }), '-INVAL');
    assert.is(bind({ family: 'ipv4', host: '127.0.0.1', port: 65536 }), '-INVAL');
    assert.is(bind({ family: 'ipv4', host: '127.0.0.1', port: -1 }), '-INVAL');
    assert.is(show(kernel.open('appletalk' as 'ipv4')), '-AFNOSUPPORT');
    const connect = (bytes: number): string =>
      show(kernel.connect(local, { family: 'unix', path: `/${'p'.repeat(bytes - 1)}` }));
    assert.is(connect(107), '-NOENT');
    assert.is(connect(108), '-NAMETOOLONG');
    assert.is(connect(5000), '-NAMETOOLONG');
  });
});

wrong.run();

// epoll(7) as guests have it: what reaches WASIX's imports, and how their answers come back.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { suite } from '../support/suite.ts';
import { Posix } from './support/posix.ts';

const EVENTS = 0x5000;
const FOR_EVER = -1n;

const test = suite('epoll (guest)');

test('an instance is a descriptor', () => {
  const posix = answering(([resultAt], { view }) => view.setUint32(Number(resultAt), 7, true));
  assert.is(posix.functions.epollCreate(), 7);
});

test('the arguments of epoll_ctl are passed as they are', () => {
  const posix = answering(() => undefined);
  assert.is(posix.functions.epollCtl(7, 1, 5, EVENTS), 0);
  assert.equal(posix.epollCalls, [['epoll_ctl', 7, 1, 5, EVENTS]]);
});

test('a wait answers the number of events, and passes its time in nanoseconds', () => {
  const posix = answering((parameters, { view }) => {
    view.setUint32(Number(parameters[4]), 3, true);
  });
  for (const timeoutMs of [-1, -5, 0, 1, 2147483647]) {
    assert.is(posix.functions.epollWait(7, EVENTS, 64, timeoutMs), 3);
  }
  assert.equal(
    posix.epollCalls.map((call) => (call as unknown[]).slice(0, 5)),
    [FOR_EVER, FOR_EVER, 0n, 1_000_000n, 2147483647000000n].map((timeoutNs) => [
      'epoll_wait',
      7,
      EVENTS,
      64,
      timeoutNs,
    ]),
  );
});

test('an errno is the negative answer of each', () => {
  const posix = new Posix();
  posix.epoll = () => Errno.BADF;
  assert.is(posix.functions.epollCreate(), -Errno.BADF);
  assert.is(posix.functions.epollCtl(7, 0, 5, EVENTS), -Errno.BADF);
  assert.is(posix.functions.epollWait(7, EVENTS, 64, 0), -Errno.BADF);
});

function answering(body: (parameters: readonly (number | bigint)[], posix: Posix) => void): Posix {
  const posix = new Posix();
  posix.epoll = (_name, parameters) => {
    body(parameters, posix);
    return 0;
  };
  return posix;
}

test.run();

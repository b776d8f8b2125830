// The command line of a server, and what it says when there is nothing to serve.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { FakeHost } from './support/fake-host.ts';
import { exitCodeOf, runCommand, startGuest, startServer } from './support/guest.ts';

const test = suite('server options (guest)');

for (const [args, line] of [
  [['--verbose'], 'guest: unknown argument --verbose\n'],
  [['--idle-ms', '5', 'x'], 'guest: unknown argument x\n'],
  [['--idle-msx', '5'], 'guest: unknown argument --idle-msx\n'],
  [['--idle-m', '5'], 'guest: unknown argument --idle-m\n'],
  [['--idle-ms'], 'guest: --idle-ms needs a value\n'],
  [['--idle-ms', '0'], 'guest: --idle-ms does not take 0\n'],
  [['--idle-ms', ''], 'guest: --idle-ms does not take \n'],
  [['--idle-ms', '-1'], 'guest: --idle-ms does not take -1\n'],
  [['--idle-ms', '12a'], 'guest: --idle-ms does not take 12a\n'],
  [['--idle-ms', '2147483648'], 'guest: --idle-ms does not take 2147483648\n'],
  [
    ['--idle-ms', '99999999999999999999999'],
    'guest: --idle-ms does not take 99999999999999999999999\n',
  ],
  [['--ring-bytes', '1000'], 'guest: --ring-bytes does not take 1000\n'],
  [['--ring-bytes', '8'], 'guest: --ring-bytes does not take 8\n'],
  [['--ring-bytes', '2097152'], 'guest: --ring-bytes does not take 2097152\n'],
  [['--accept-delay', '1s'], 'guest: --accept-delay does not take 1s\n'],
  [['--accept-delay', '2147483648'], 'guest: --accept-delay does not take 2147483648\n'],
] as const) {
  test(`the arguments ${JSON.stringify(args)} end the command with code 2 and a line`, () => {
    const host = new FakeHost();
    host.arguments = args;
    host.listen(3);
    assert.is(runCommand(host), 2);
    assert.is(host.stderr, line);
  });
}

for (const args of [
  ['--idle-ms', '1'],
  ['--idle-ms', '2147483647'],
  ['--ring-bytes', '16'],
  ['--accept-delay', '0'],
  ['--accept-delay', '2147483647'],
  ['--ring-bytes', '1048576', '--idle-ms', '007'],
]) {
  test(`the arguments ${JSON.stringify(args)} are taken`, () => {
    assert.is(startServer(args).guest.turn(0) >= 0, true);
  });
}

test('an argument that is too long for a line is cut off', () => {
  const host = new FakeHost();
  host.arguments = ['x'.repeat(1000)];
  assert.is(runCommand(host), 2);
  assert.is(host.stderr.length, 256);
  assert.ok(host.stderr.endsWith('xxx\n'));
});

test('without a listener the command and the reactor say how to give one, with code 2', () => {
  for (const run of [runCommand, (host: FakeHost) => exitCodeOf(() => startGuest(host))]) {
    const host = new FakeHost();
    host.mount(3);
    assert.is(run(host), 2);
    assert.ok(host.stderr.startsWith('guest: no listener'));
    assert.ok(host.stderr.includes('--listen'));
    assert.is(host.stderr.split('\n').length, 2);
  }
});

test.run();

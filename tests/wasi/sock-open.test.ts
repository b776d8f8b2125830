// sock_open: what can be opened, what can't and why, and what such a socket is before it is
// connected. On both kernels.

import * as assert from 'uvu/assert';
import { Counter } from '../../host/wasi/control-block.ts';
import { suite } from '../support/suite.ts';
import { changesOnly, FAMILIES, getOption, onBoth, open } from './outgoing.ts';
import { EventType, Fdstat, NONBLOCK } from './spec.ts';
import { DGRAM, Family, Option, STREAM } from './wasmedge-spec.ts';
import { BUFFER, RESULT, type TestWorld } from './world.ts';

const test = suite('sock_open');

/** Which handles the kernel has open: asked by opening one more. */
function nextHandleIndex({ kernel }: TestWorld): number {
  const handle = kernel.open('ipv4');
  kernel.close(handle);
  return handle & 0xfffff;
}

for (const family of ['ipv4', 'ipv6', 'unix'] as const) {
  onBoth(test, `${family}: a socket that blocks, under the lowest free number`, (world) => {
    const { fd: first } = world.connect();
    world.connect();
    world.closeFd(first);
    changesOnly(world, [[RESULT, [first, 0, 0, 0]]], () => {
      assert.is(world.errno('sock_open', FAMILIES[family], STREAM, RESULT), 'SUCCESS');
    });
    assert.is(world.errno('fd_fdstat_get', first, BUFFER), 'SUCCESS');
    assert.is(world.caller.bytes[BUFFER], 6, 'SOCKET_STREAM');
    assert.is(world.caller.view.getUint16(BUFFER + Fdstat.FLAGS, true), 0);
    assert.is(getOption(world, first, Option.TYPE), STREAM);
    assert.is(getOption(world, first, Option.ACCEPTCONN), 0);
    assert.is(world.caller.control.counters[Counter.OPENED], 1);
  });
}

onBoth(
  test,
  'a new socket is in no one else’s place in an unchanged list of poll_oneoff',
  (world) => {
    const { caller } = world;
    const { fd } = world.connect();
    caller.setFdSubscription(8192, EventType.FD_WRITE, fd, 7n);
    const poll = (): number => {
      assert.is(world.errno('poll_oneoff', 8192, 9000, 1, RESULT), 'SUCCESS');
      return caller.event(9000).flags;
    };
    assert.is(poll(), 0, 'a connection is writable');
    world.closeFd(fd);
    assert.is(open(world), fd);
    assert.is(poll(), 1, 'what is not connected is hung up');
  },
);

const REFUSED: readonly (readonly [errno: string, family: number, type: number])[] = [
  ['AFNOSUPPORT', 0, STREAM],
  ['AFNOSUPPORT', 4, STREAM],
  ['AFNOSUPPORT', 10, STREAM],
  ['AFNOSUPPORT', 2 ** 31, STREAM],
  ['AFNOSUPPORT', 2 ** 32 - 1, DGRAM],
  ['PROTOTYPE', Family.INET4, DGRAM],
  ['PROTOTYPE', Family.UNIX, DGRAM],
  ['INVAL', Family.INET4, 0],
  ['INVAL', Family.INET4, 3],
  ['INVAL', Family.INET6, STREAM | 0x800],
  ['INVAL', Family.INET4, 2 ** 32 - 1],
];

for (const [errno, family, type] of REFUSED) {
  onBoth(test, `family ${family} and type ${type} are ${errno}`, (world) => {
    const before = nextHandleIndex(world);
    changesOnly(world, [], () => {
      assert.is(world.errno('sock_open', family, type, RESULT), errno);
    });
    assert.is(nextHandleIndex(world), before, 'nothing was opened');
  });
}

for (const pointer of [4 * 65_536 - 3, 4 * 65_536, 2 ** 31, 2 ** 32 - 4, 2 ** 32 - 1]) {
  onBoth(test, `a result at ${pointer} is FAULT, and nothing is opened`, (world) => {
    const before = nextHandleIndex(world);
    changesOnly(world, [], () => {
      assert.is(world.errno('sock_open', Family.INET4, STREAM, pointer), 'FAULT');
    });
    assert.is(nextHandleIndex(world), before);
    assert.is(world.caller.control.counters[Counter.OPENED], 0);
  });
}

onBoth(test, 'the result may lie at the very end, and at any address', (world) => {
  for (const pointer of [world.caller.bytes.length - 4, 1, 0]) {
    assert.is(world.errno('sock_open', Family.INET4, STREAM, pointer), 'SUCCESS');
    assert.ok(world.caller.u32(pointer) > world.listenFd);
  }
});

onBoth(
  test,
  'a guest that may connect to nothing gets no socket: ACCES',
  (world) => {
    const before = nextHandleIndex(world);
    for (const family of Object.values(FAMILIES)) {
      changesOnly(world, [], () => {
        assert.is(world.errno('sock_open', family, STREAM, RESULT), 'ACCES');
      });
    }
    assert.is(nextHandleIndex(world), before);
  },
  { allowConnect: [] },
);

onBoth(
  test,
  'at the most descriptors that the guest may have: MFILE, until one is closed',
  (world) => {
    const fd = open(world);
    const before = nextHandleIndex(world);
    assert.is(world.errno('sock_open', Family.INET4, STREAM, RESULT), 'MFILE');
    assert.is(nextHandleIndex(world), before);
    world.closeFd(fd);
    assert.is(open(world), fd);
  },
  { fdCountMax: 2 },
);

onBoth(test, 'when the process has no descriptor left: MFILE', (world) => {
  const giveBack = world.peers.exhaustDescriptors();
  assert.is(world.errno('sock_open', Family.INET4, STREAM, RESULT), 'MFILE');
  giveBack(1);
  assert.is(world.errno('sock_open', Family.INET4, STREAM, RESULT), 'SUCCESS');
  giveBack(100_000);
});

onBoth(
  test,
  'what is not connected can do nothing, and says so at once, also when it blocks',
  (world) => {
    for (const flags of [0, NONBLOCK]) {
      const fd = open(world, 'ipv4', flags);
      assert.is(world.recv(fd), '[NOTCONN]');
      assert.is(world.read(fd), '[NOTCONN]');
      assert.is(world.send(fd, 'data'), 'PIPE');
      assert.is(world.errno('sock_shutdown', fd, 3), 'NOTCONN');
      assert.is(world.errno('sock_accept', fd, 0, RESULT), 'INVAL');
      assert.is(getOption(world, fd, Option.ERROR), 0);
      world.closeFd(fd);
    }
  },
);

onBoth(test, 'closing one is no connection that was closed', (world) => {
  world.closeFd(open(world));
  const { counters } = world.caller.control;
  assert.equal([counters[Counter.ACCEPTED], counters[Counter.CLOSED]], [0, 0]);
});

test.run();

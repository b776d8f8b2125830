// What the policy lets sock_connect do: the kernel never hears of an address that was not allowed, and
// hears of the one that was judged. On both kernels.

import { isDeepStrictEqual } from 'node:util';
import * as assert from 'uvu/assert';
import type { Address } from '../../host/kernel/address.ts';
import { suite } from '../support/suite.ts';
import { connectTo, onBoth, open } from './outgoing.ts';
import { NONBLOCK } from './spec.ts';
import type { TestWorld } from './world.ts';

const test = suite('what a guest may connect to');

/** What the kernel was asked to connect to, while `act` ran. */
function reached(world: TestWorld, act: () => void): Address[] {
  const addresses: Address[] = [];
  const { kernel } = world;
  const connect = kernel.connect.bind(kernel);
  world.watched.replace('connect', (handle: unknown, address: unknown) => {
    addresses.push(address as Address);
    return connect(handle as number, address as Address);
  });
  act();
  return addresses;
}

onBoth(
  test,
  'an address that is not allowed is ACCES, and the kernel never hears of it',
  (world) => {
    const listener = world.peers.listen('ipv4', 4);
    if (listener.address.family === 'unix') throw new Error('not asked for');
    const { port } = listener.address;
    world.caller.allow(`127.0.0.1:${port}`);
    const other = port === 65_535 ? 1 : port + 1;
    const asked = reached(world, () => {
      const fd = open(world, 'ipv4', NONBLOCK);
      const fd6 = open(world, 'ipv6', NONBLOCK);
      for (const [socket, family, host, at] of [
        [fd, 'ipv4', '127.0.0.2', port],
        [fd, 'ipv4', '127.0.0.1', other],
        [fd, 'ipv4', '127.0.0.1', 0],
        [fd, 'ipv4', '192.0.2.1', port],
        [fd6, 'ipv6', '::1', port],
        [fd6, 'ipv6', '::', port],
        [fd6, 'ipv6', '::127.0.0.1', port],
        [fd6, 'ipv6', '::ffff:127.0.0.2', port],
        [fd6, 'ipv6', '::ffff:127.0.0.1', other],
        [fd6, 'ipv6', '::ffff:0.0.0.1', port],
        [fd6, 'ipv6', '64:ff9b::127.0.0.1', port],
      ] as const) {
        for (const version of [1, 2] as const) {
          const bad = { family, host, port: at };
          assert.is(connectTo(world, socket, bad, version), 'ACCES', `${host} ${at}`);
        }
      }
      const path = { family: 'unix', path: '/tmp/a' } as const;
      assert.is(connectTo(world, open(world, 'unix'), path), 'ACCES');
    });
    assert.equal(asked, []);
  },
  { allowConnect: [] },
);

onBoth(
  test,
  'a refusal by the policy leaves the socket as it was, and one by a server opens no way',
  (world) => {
    const server = world.peers.listen('ipv4', 4);
    const gone = world.peers.listen('ipv4', 4);
    const other = world.peers.listen('ipv4', 4);
    gone.close();
    for (const { address } of [server, gone]) {
      if (address.family !== 'unix') world.caller.allow(`127.0.0.1:${address.port}`);
    }
    const asked = reached(world, () => {
      const fd = open(world);
      assert.is(connectTo(world, fd, other.address), 'ACCES');
      assert.is(connectTo(world, fd, gone.address), 'CONNREFUSED');
      assert.is(connectTo(world, fd, other.address), 'ACCES');
      assert.is(connectTo(world, fd, server.address), 'SUCCESS');
      assert.is(connectTo(world, fd, other.address), 'ACCES');
    });
    assert.not(asked.some((address) => isDeepStrictEqual(address, other.address)));
    assert.ok(server.accept().isConnected());
  },
  { allowConnect: [] },
);

onBoth(test, 'what is connected to is the address that was judged', (world) => {
  const asked = reached(world, () => {
    const fd = open(world, 'ipv4', NONBLOCK);
    connectTo(world, fd, { family: 'ipv4', host: '0.0.0.0', port: 1 });
    const fd6 = open(world, 'ipv6', NONBLOCK);
    connectTo(world, fd6, { family: 'ipv6', host: '::ffff:0.0.0.0', port: 1 });
    connectTo(world, open(world, 'ipv6', NONBLOCK), { family: 'ipv6', host: '::', port: 1 });
  });
  assert.equal(asked, [
    { family: 'ipv4', host: '127.0.0.1', port: 1 },
    { family: 'ipv6', host: '::ffff:127.0.0.1', port: 1 },
    { family: 'ipv6', host: '::1', port: 1 },
  ]);
});

onBoth(test, 'an open and a connect advance the epoch, what is refused does not', (world) => {
  const { descriptors } = world.caller.sandbox;
  const { address } = world.peers.listen('ipv4', 4);
  const advance = (act: () => void): boolean => {
    const { epoch } = descriptors;
    act();
    return descriptors.epoch > epoch;
  };
  let fd = -1;
  assert.ok(advance(() => (fd = open(world, 'ipv4', NONBLOCK))));
  assert.not(advance(() => connectTo(world, fd, { family: 'ipv4', host: '192.0.2.1', port: 1 })));
  assert.ok(advance(() => assert.is(connectTo(world, fd, address), 'INPROGRESS')));
});

test.run();

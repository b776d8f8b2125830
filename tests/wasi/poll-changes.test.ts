// poll_oneoff: the same list again, when what it means has changed: other descriptors under its
// numbers, other states of them.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { row } from './poll-rows.ts';
import { FAR, NOW, SOON, type Wanted } from './poller.ts';
import { NONBLOCK, SHUT_WRITE } from './spec.ts';

const test = suite('poll_oneoff: the same list again');

// ---- the same number means something else ------------------------------------------------------

row(
  test,
  'a new connection under the number of a closed one is waited for',
  (world, poller, more) => {
    const first = world.connect();
    const list = (clock: Wanted): Wanted[] => [{ read: first.fd }, clock, ...more];
    poller.pollThrice(list(SOON), '1');
    for (let time = 0; time < 3; time++) {
      world.closeFd(first.fd);
      const next = world.connect();
      assert.is(next.fd, first.fd);
      poller.poll(list(SOON), '1');
      next.peer.send('data');
      world.peers.settle();
      poller.poll(list(FAR), '0');
      assert.is(world.recv(next.fd), 'data');
      poller.pollThrice(list(SOON), '1');
    }
  },
);

row(
  test,
  'a ready connection is not seen under the number of its successor',
  (world, poller, more) => {
    const fd = world.readable();
    const list = [{ read: fd }, NOW, ...more];
    poller.pollThrice(list, '0 1');
    world.closeFd(fd);
    assert.is(world.connect().fd, fd);
    poller.pollThrice(list, '1');
  },
);

row(
  test,
  'a closed number is BADF, and is waited for again when it is open',
  (world, poller, more) => {
    const fd = world.readable();
    const list = [{ read: fd }, { write: fd }, FAR, ...more];
    poller.pollThrice(list, '0 1');
    world.closeFd(fd);
    poller.pollThrice(list, '0:BADF 1:BADF');
    assert.is(world.connect().fd, fd);
    poller.pollThrice(list, '1');
  },
);

row(test, 'renumbering a ready connection onto a waiting one', (world, poller, more) => {
  const waiting = world.connect();
  const ready = world.readable();
  const list = (clock: Wanted): Wanted[] => [{ read: waiting.fd }, clock, ...more];
  poller.pollThrice(list(SOON), '1');
  assert.is(world.errno('fd_renumber', ready, waiting.fd), 'SUCCESS');
  poller.pollThrice(list(FAR), '0');
});

row(test, 'renumbering a waiting connection onto a ready one', (world, poller, more) => {
  const waiting = world.connect();
  const ready = world.readable();
  const list = [{ read: ready }, { read: waiting.fd }, NOW, ...more];
  poller.pollThrice(list, '0 2');
  assert.is(world.errno('fd_renumber', waiting.fd, ready), 'SUCCESS');
  poller.pollThrice(list, '1:BADF 2');
});

row(test, 'renumbering onto itself changes nothing', (world, poller, more) => {
  const fd = world.readable();
  const list = [{ read: fd }, NOW, ...more];
  poller.pollThrice(list, '0 1');
  assert.is(world.errno('fd_renumber', fd, fd), 'SUCCESS');
  poller.pollThrice(list, '0 1');
});

row(test, 'an accept that changes no number of the list', (world, poller, more) => {
  const fd = world.readable();
  const list = [{ read: fd }, { read: world.listenFd }, NOW, ...more];
  poller.pollThrice(list, '0 2');
  const next = world.connect();
  poller.pollThrice(list, '0 2');
  world.closeFd(next.fd);
  poller.pollThrice(list, '0 2');
});

// ---- the state changes under the same list -----------------------------------------------------

row(test, 'data arrives and is read', (world, poller, more) => {
  const { fd, peer } = world.connect();
  const list = (clock: Wanted): Wanted[] => [{ read: fd }, clock, ...more];
  for (let time = 0; time < 3; time++) {
    poller.pollThrice(list(SOON), '1');
    peer.send('12');
    world.peers.settle();
    poller.poll(list(FAR), '0');
    assert.is(world.recv(fd, 1), '1');
    poller.poll(list(FAR), '0');
    assert.is(world.recv(fd, 1), '2');
  }
});

row(test, 'a send buffer fills and empties', (world, poller, more) => {
  const { fd, peer } = world.connect();
  const list = (clock: Wanted): Wanted[] => [{ write: fd }, { read: fd }, clock, ...more];
  for (let time = 0; time < 2; time++) {
    poller.pollThrice(list(FAR), '0');
    world.fill(fd);
    poller.pollThrice(list(SOON), '2');
    peer.receive();
    world.peers.settle();
    poller.pollThrice(list(FAR), '0');
  }
});

row(test, 'a connection ends, half by half, and is reset at last', (world, poller, more) => {
  const { fd, peer } = world.connect();
  const list = [{ read: fd }, { write: fd }, ...more];
  poller.pollThrice(list, '1');
  peer.endSending();
  world.peers.settle();
  poller.pollThrice(list, '0 1');
  assert.is(world.errno('sock_shutdown', fd, SHUT_WRITE), 'SUCCESS');
  poller.pollThrice(list, '0! 1!');
});

row(test, 'the flags of a descriptor are nothing to a wait', (world, poller, more) => {
  const { fd } = world.connect();
  const list = (clock: Wanted): Wanted[] => [{ read: fd }, { write: fd }, clock, ...more];
  for (const flags of [0, NONBLOCK, 0]) {
    assert.is(world.errno('fd_fdstat_set_flags', fd, flags), 'SUCCESS');
    poller.pollThrice(list(FAR), '1');
  }
});

test.run();

// epoll_wait: how often a level, an edge and a one-shot are told, and in which bits. On both kernels,
// with all of the memory compared after every call.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { type Epoller, onBoth } from './epoller.ts';
import { connectTo, LOOPBACK, open } from './outgoing.ts';
import { NONBLOCK, SHUT_READ } from './spec.ts';
import type { Connection, TestWorld } from './world.ts';

const test = suite('epoll_wait: modes and bits');

interface Scene extends Connection {
  readonly world: TestWorld;
  readonly epoller: Epoller;
  readonly epfd: number;
  /** What a wait says of the connection, `` for nothing. */
  readonly told: () => string;
  readonly says: (text: string) => void;
}

/** An instance, and a connection that is in it with `events`. */
function row(title: string, events: string, body: (scene: Scene) => void): void {
  onBoth(test, title, (world, epoller) => {
    const { fd, peer } = world.connect();
    const epfd = epoller.create();
    epoller.add(epfd, fd, events);
    const told = (): string => {
      const text = epoller.wait(epfd);
      return text.startsWith(`${fd}:`) ? text.slice(`${fd}:`.length) : text;
    };
    const says = (text: string): void => {
      peer.send(text);
      world.peers.settle();
    };
    body({ world, epoller, epfd, fd, peer, told, says });
  });
}

// ---- level, edge, one-shot ---------------------------------------------------------------------

row('a level is told by every wait until it is read', 'IN', ({ world, fd, told, says }) => {
  assert.is(told(), '');
  says('abcd');
  assert.equal([told(), told()], ['IN', 'IN']);
  assert.is(world.recv(fd, 2), 'ab');
  assert.equal([told(), told()], ['IN', 'IN']);
  assert.is(world.recv(fd), 'cd');
  assert.is(told(), '');
  says('e');
  assert.is(told(), 'IN');
});

row('an edge is told once per arrival, read or not', 'IN|ET', ({ world, fd, told, says }) => {
  says('abcd');
  assert.equal([told(), told()], ['IN', '']);
  assert.is(world.recv(fd, 2), 'ab');
  assert.is(told(), '');
  says('e');
  says('f');
  assert.equal([told(), told()], ['IN', '']);
  assert.is(world.recv(fd), 'cdef');
  assert.is(told(), '');
});

row('a one-shot is told once, and again when MOD arms it', 'IN|ONESHOT', (scene) => {
  const { epoller, epfd, fd, told, says } = scene;
  says('a');
  assert.equal([told(), told()], ['IN', '']);
  says('b');
  assert.is(told(), '');
  epoller.mod(epfd, fd, 'IN|ONESHOT');
  assert.equal([told(), told()], ['IN', '']);
  epoller.mod(epfd, fd, 'IN');
  assert.equal([told(), told()], ['IN', 'IN']);
  assert.is(epoller.ctl(epfd, 'ADD', fd), 'EXIST', 'a one-shot that was told is still in');
});

row('a one-shot that was told keeps still about a reset, too', 'IN|ONESHOT', (scene) => {
  const { world, peer, epoller, epfd, fd, told, says } = scene;
  says('a');
  assert.is(told(), 'IN');
  peer.reset();
  world.peers.settle();
  assert.is(told(), '');
  epoller.mod(epfd, fd, 'ONESHOT');
  assert.equal([told(), told()], ['ERR|HUP', '']);
});

row('an edge that is a one-shot as well is a one-shot', 'IN|ET|ONESHOT', (scene) => {
  const { epoller, epfd, fd, told, says } = scene;
  says('a');
  assert.equal([told(), told()], ['IN', '']);
  says('b');
  assert.is(told(), '');
  epoller.mod(epfd, fd, 'IN|ET');
  assert.equal([told(), told()], ['IN', '']);
  says('c');
  assert.is(told(), 'IN');
});

row('MOD tells an edge anew of what is there', 'IN|ET', ({ epoller, epfd, fd, told, says }) => {
  says('a');
  assert.equal([told(), told()], ['IN', '']);
  for (let round = 0; round < 3; round++) {
    epoller.mod(epfd, fd, 'IN|OUT|ET');
    assert.equal([told(), told()], ['IN|OUT', '']);
  }
});

row('MOD makes a level an edge and an edge a level', 'IN', (scene) => {
  const { epoller, epfd, fd, told, says } = scene;
  says('a');
  assert.equal([told(), told()], ['IN', 'IN']);
  epoller.mod(epfd, fd, 'IN|ET');
  assert.equal([told(), told()], ['IN', '']);
  epoller.mod(epfd, fd, 'IN');
  assert.equal([told(), told()], ['IN', 'IN']);
});

row('taken out and added again, an edge is told of what is there', 'IN|ET', (scene) => {
  const { epoller, epfd, fd, told, says } = scene;
  says('a');
  assert.equal([told(), told()], ['IN', '']);
  epoller.del(epfd, fd);
  assert.is(told(), '');
  epoller.add(epfd, fd, 'IN|ET');
  assert.equal([told(), told()], ['IN', '']);
});

row('room in a full socket is an edge for OUT', 'OUT|ET', ({ world, fd, peer, told }) => {
  assert.equal([told(), told()], ['OUT', '']);
  world.fill(fd);
  assert.is(told(), '');
  for (let now = ''; now === ''; now = told()) {
    assert.is.not(peer.receive().text, '', 'all was read, and no edge came');
    world.peers.settle();
  }
  assert.type(world.send(fd, 'x'), 'number');
});

row('OUT is a level while there is room', 'OUT', ({ world, fd, told }) => {
  assert.equal([told(), told()], ['OUT', 'OUT']);
  world.fill(fd);
  assert.is(told(), '');
});

onBoth(test, 'a listener is ready while a connection is queued', (world, epoller) => {
  const epfd = epoller.create();
  epoller.add(epfd, world.listenFd, 'IN|OUT', 1);
  assert.is(epoller.wait(epfd), '');
  const [first, second] = [world.peers.connect(world.address), world.peers.connect(world.address)];
  world.peers.settle();
  assert.is(epoller.wait(epfd), '1:IN');
  world.accept();
  assert.is(epoller.wait(epfd), '1:IN');
  world.accept();
  assert.is(epoller.wait(epfd), '');
  first.close();
  second.close();
});

onBoth(
  test,
  'a connection that the guest makes is told of when it stands, and one that is refused',
  (world, epoller) => {
    const epfd = epoller.create();
    const server = world.peers.listen('ipv4', 4);
    const [made, refused] = [open(world, 'ipv4', NONBLOCK), open(world, 'ipv4', NONBLOCK)];
    assert.is(connectTo(world, made, server.address), 'INPROGRESS');
    epoller.add(epfd, made, 'IN|OUT|ET', 1);
    world.peers.settle();
    assert.equal([epoller.wait(epfd), epoller.wait(epfd)], ['1:OUT', '']);
    server.accept().send('greeting');
    world.peers.settle();
    assert.is(epoller.wait(epfd), '1:IN|OUT');
    server.close();
    assert.is(connectTo(world, refused, server.address), 'INPROGRESS');
    epoller.add(epfd, refused, 'IN|OUT', 2);
    world.peers.settle();
    assert.is(epoller.wait(epfd), '2:IN|OUT|ERR|HUP');
  },
  { allowConnect: LOOPBACK },
);

// ---- which bits --------------------------------------------------------------------------------

type Deed = (scene: Scene) => void;
const data: Deed = ({ peer }) => void peer.send('data');
const end: Deed = ({ peer }) => peer.endSending();
const reset: Deed = ({ peer }) => peer.reset();
const shutReading: Deed = ({ world, fd }) =>
  assert.is(world.errno('sock_shutdown', fd, SHUT_READ), 'SUCCESS');
const shutWriting: Deed = ({ world, fd }) => world.endSending(fd);

/** What is told after `deeds`, by what was asked for. */
const BITS: readonly (readonly [what: string, deeds: readonly Deed[], Record<string, string>])[] = [
  ['nothing', [], { IN: '', OUT: 'OUT', 'IN|OUT|RDHUP|PRI': 'OUT', RDHUP: '', PRI: '', '': '' }],
  ['data', [data], { IN: 'IN', OUT: 'OUT', 'IN|OUT': 'IN|OUT', RDHUP: '', PRI: '', '': '' }],
  [
    "the peer's end",
    [end],
    { IN: 'IN', OUT: 'OUT', 'IN|RDHUP': 'IN|RDHUP', RDHUP: 'RDHUP', 'ERR|HUP': '', '': '' },
  ],
  ['data and the end', [data, end], { IN: 'IN', 'IN|RDHUP': 'IN|RDHUP', RDHUP: 'RDHUP' }],
  [
    'a reset',
    [reset],
    {
      ...{ IN: 'IN|ERR|HUP', OUT: 'OUT|ERR|HUP', RDHUP: 'RDHUP|ERR|HUP', '': 'ERR|HUP' },
      ...{ PRI: 'ERR|HUP', 'ERR|HUP': 'ERR|HUP', 'IN|OUT|RDHUP': 'IN|OUT|RDHUP|ERR|HUP' },
    },
  ],
  [
    'both ends',
    [end, shutWriting],
    { IN: 'IN|HUP', OUT: 'OUT|HUP', RDHUP: 'RDHUP|HUP', '': 'HUP' },
  ],
  ['an own end of reading', [shutReading], { IN: 'IN', RDHUP: 'RDHUP', '': '' }],
  ['an own end of writing', [shutWriting], { IN: '', OUT: 'OUT', RDHUP: '', '': '' }],
];

for (const [what, deeds, byEvents] of BITS) {
  for (const [events, expected] of Object.entries(byEvents)) {
    const asked = events === '' ? 'no bits' : events;
    row(`${what}, of ${asked}: ${expected === '' ? 'nothing' : expected}`, events, (scene) => {
      for (const deed of deeds) {
        deed(scene);
        scene.world.peers.settle();
      }
      const { epoller, epfd, fd, told } = scene;
      assert.equal([told(), told()], [expected, expected]);
      epoller.mod(epfd, fd, [events, 'ET'].join('|'));
      assert.equal([told(), told()], [expected, '']);
      epoller.mod(epfd, fd, [events, 'ONESHOT'].join('|'));
      assert.equal([told(), told()], [expected, '']);
    });
  }
}

onBoth(test, 'bits that mean nothing are taken, and told of never', (world, epoller) => {
  const fd = world.readable();
  const epfd = epoller.create();
  epoller.add(epfd, fd, 'IN|ET|0x7fffff00');
  assert.equal([epoller.wait(epfd), epoller.wait(epfd)], [`${fd}:IN`, '']);
  epoller.mod(epfd, fd, 'OUT|0x80000000');
  assert.is(epoller.wait(epfd), `${fd}:OUT`);
});

onBoth(
  test,
  'all of the data comes back as it was last given, in each instance its own',
  (world, epoller) => {
    const fd = world.readable();
    const tags = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1];
    const epfds = tags.map(() => epoller.create());
    tags.forEach((tag, index) => epoller.add(epfds[index]!, fd, 'IN', tag));
    tags.forEach((tag, index) => assert.is(epoller.wait(epfds[index]!), `${tag}:IN`));
    epoller.mod(epfds[0]!, fd, 'IN', 7);
    assert.is(epoller.wait(epfds[0]!), '7:IN');
    assert.is(epoller.wait(epfds[1]!), '1:IN');
  },
);

test.run();

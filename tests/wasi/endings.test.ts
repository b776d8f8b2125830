// How connections end: half by half in every order, by reset at every stage, by the guest's close;
// what the guest is told, and what its peer sees.

import * as assert from 'uvu/assert';
import { Counter } from '../../host/wasi/control-block.ts';
import type { Received } from '../contract/peers.ts';
import { suite } from '../support/suite.ts';
import { NONBLOCK, SHUT_READ, SHUT_WRITE } from './spec.ts';
import { type Connection, RESULT, type TestWorld, withWorld } from './world.ts';

const test = suite('how connections end');

type Family = 'ipv4' | 'ipv6' | 'unix';

/** One side's deed, or what one side is told. In each row they happen one after another. */
type Step = (world: TestWorld, connection: Connection) => void;

const peerSends =
  (text: string): Step =>
  (_, { peer }) =>
    assert.is(peer.send(text), text.length);
const peerEnds: Step = (_, { peer }) => peer.endSending();
const peerResets: Step = (_, { peer }) => peer.reset();
const peerCloses: Step = (_, { peer }) => peer.close();
const peerGets =
  (text: string, then: Received['then'] = 'open'): Step =>
  (_, { peer }) =>
    assert.equal(peer.receive(), { text, then });

const guestSends =
  (text: string, answer: number | string = text.length): Step =>
  (world, { fd }) =>
    assert.is(world.send(fd, text), answer);
const guestGets =
  (answer: string, lengthBytes = 1000): Step =>
  (world, { fd }) =>
    assert.is(world.recv(fd, lengthBytes), answer);
const guestShuts =
  (how: number, errno = 'SUCCESS'): Step =>
  (world, { fd }) =>
    assert.is(world.errno('sock_shutdown', fd, how), errno);
const guestEnds = guestShuts(SHUT_WRITE);
const guestCloses: Step = (world, { fd }) => world.closeFd(fd);

function row(families: readonly Family[], title: string, steps: readonly Step[]): void {
  for (const family of families) {
    test(
      `${family}: ${title}`,
      withWorld((world) => {
        const connection = world.connect(NONBLOCK, world.listen(family));
        for (const step of steps) {
          step(world, connection);
          world.peers.settle();
        }
      }),
    );
  }
}

const ALL: readonly Family[] = ['ipv4', 'ipv6', 'unix'];
const TCP: readonly Family[] = ['ipv4'];
const UNIX: readonly Family[] = ['unix'];

// ---- half by half ------------------------------------------------------------------------------

row(ALL, 'the peer ends first, and still gets its answer', [
  peerSends('question'),
  peerEnds,
  guestGets('question'),
  guestGets(''),
  guestGets(''),
  guestSends('answer'),
  peerGets('answer'),
  guestEnds,
  peerGets('', 'end'),
  guestSends('more', 'PIPE'),
  guestGets(''),
]);

row(ALL, 'the guest ends first, and still gets what comes', [
  guestSends('first'),
  guestEnds,
  peerGets('first', 'end'),
  guestSends('more', 'PIPE'),
  guestGets('[AGAIN]'),
  peerSends('second'),
  guestGets('second'),
  peerEnds,
  guestGets(''),
]);

row(ALL, 'both end with data in flight, and each gets all of it', [
  guestSends('from the guest'),
  peerSends('from the peer'),
  guestEnds,
  peerEnds,
  guestGets('from', 4),
  guestGets(' the peer'),
  guestGets(''),
  peerGets('from the guest', 'end'),
]);

row(ALL, 'the guest ends with unread data, which stays', [
  peerSends('unread'),
  guestEnds,
  peerGets('', 'end'),
  guestGets('unread'),
]);

row(ALL, 'the guest reads no more: the end is there at once, and sending goes on', [
  guestShuts(SHUT_READ),
  guestGets(''),
  guestSends('still'),
  peerGets('still'),
]);

row(ALL, 'the guest shuts both directions at once', [
  guestShuts(SHUT_READ | SHUT_WRITE),
  guestGets(''),
  guestSends('more', 'PIPE'),
  peerGets('', 'end'),
]);

row(ALL, 'a direction is shut twice', [guestEnds, guestEnds, guestShuts(SHUT_READ), guestShuts(3)]);

row(TCP, 'data that comes after the guest reads no more is still read', [
  guestShuts(SHUT_READ),
  peerSends('late'),
  guestGets('late'),
  guestGets(''),
]);

// ---- resets ------------------------------------------------------------------------------------

row(TCP, 'a reset is told once by recv, then it is the end', [
  peerResets,
  guestGets('[CONNRESET]'),
  guestGets(''),
  guestSends('x', 'PIPE'),
  guestGets(''),
]);

row(TCP, 'a reset is told once by send, then PIPE', [
  peerResets,
  guestSends('x', 'CONNRESET'),
  guestSends('x', 'PIPE'),
  guestGets(''),
]);

row(TCP, 'data from before a reset is read first, also in pieces', [
  peerSends('last words'),
  peerResets,
  guestGets('last', 4),
  guestGets(' words', 6),
  guestGets('[CONNRESET]'),
  guestGets(''),
]);

row(TCP, 'a reset after the guest has read a part', [
  peerSends('one two'),
  guestGets('one', 3),
  peerResets,
  guestGets(' two'),
  guestGets('[CONNRESET]'),
]);

row(TCP, 'a reset after the peer has ended', [
  peerEnds,
  guestGets(''),
  peerResets,
  guestSends('x', 'PIPE'),
  guestGets(''),
]);

row(TCP, 'a reset after the guest has ended', [
  guestEnds,
  peerResets,
  guestGets('[CONNRESET]'),
  guestShuts(SHUT_WRITE, 'NOTCONN'),
]);

row(TCP, 'a reset connection can not be shut, but closed', [
  peerResets,
  guestShuts(SHUT_WRITE, 'NOTCONN'),
  guestShuts(SHUT_READ, 'NOTCONN'),
  guestCloses,
]);

row(TCP, 'a peer that is gone takes one send, and then none', [
  peerCloses,
  guestGets(''),
  guestSends('lost'),
  guestSends('more', 'PIPE'),
  guestGets(''),
]);

row(ALL, 'a peer that closed with unread data has reset', [
  guestSends('unread'),
  peerCloses,
  guestGets('[CONNRESET]'),
  guestGets(''),
  guestSends('x', 'PIPE'),
]);

row(UNIX, 'a peer that is gone takes no send', [
  peerSends('data'),
  peerCloses,
  guestSends('x', 'PIPE'),
  guestGets('data'),
  guestGets(''),
]);

/** The client acts before its connection is accepted. */
const BEFORE_ACCEPT: readonly (readonly [string, readonly Step[], readonly string[]])[] = [
  ['a reset', [peerResets], ['[CONNRESET]', '', '']],
  ['data and a reset', [peerSends('data'), peerResets], ['data', '[CONNRESET]', '']],
  ['an end', [peerEnds], ['', '']],
  ['data and an end', [peerSends('data'), peerEnds], ['data', '', '']],
  ['data', [peerSends('data')], ['data', '[AGAIN]']],
];

for (const [title, steps, answers] of BEFORE_ACCEPT) {
  test(
    `${title} from before accept is told after it`,
    withWorld((world) => {
      const peer = world.peers.connect(world.address);
      for (const step of steps) {
        world.peers.settle();
        step(world, { fd: -1, peer });
      }
      world.peers.settle();
      const fd = world.accept();
      assert.equal(
        answers.map(() => world.recv(fd)),
        answers,
      );
    }),
  );
}

test(
  'a reset while the guest is blocked in send: what was taken, then the reset, then PIPE',
  withWorld((world) => {
    const { caller } = world;
    caller.memory.grow(60);
    const fd = world.connectLater();
    world.later({ act: 'reset' });
    const all = caller.bytes.length;
    const count = caller.setIovecs(1024, ...Array.from({ length: 8 }, () => [0, all] as const));
    assert.is(world.errno('sock_send', fd, 1024, count, 0, RESULT), 'SUCCESS');
    assert.ok(caller.u32(RESULT) > 0 && caller.u32(RESULT) < 8 * all);
    assert.is(caller.control.counters[Counter.SENT_BYTES], caller.u32(RESULT));
    assert.is(world.send(fd, 'x'), 'CONNRESET');
    assert.is(world.send(fd, 'x'), 'PIPE');
    assert.is(world.recv(fd), '');
  }),
);

// ---- the guest closes --------------------------------------------------------------------------

row(ALL, 'the guest closes: the peer sees the end', [guestCloses, peerGets('', 'end')]);

row(ALL, 'the guest closes after it has sent: the peer gets it, then the end', [
  guestSends('goodbye'),
  guestCloses,
  peerGets('goodbye', 'end'),
]);

row(ALL, 'the guest closes with unread data: the peer sees a reset', [
  peerSends('unread'),
  guestCloses,
  peerGets('', 'reset'),
]);

row(ALL, 'the guest closes with a part unread: the peer sees a reset', [
  peerSends('read, unread'),
  guestGets('read', 4),
  guestCloses,
  peerGets('', 'reset'),
]);

row(ALL, 'the guest closes with all read: the peer sees the end', [
  peerSends('all of it'),
  guestGets('all of it'),
  guestCloses,
  peerGets('', 'end'),
]);

row(ALL, 'the guest closes after both ended', [
  peerEnds,
  guestGets(''),
  guestEnds,
  guestCloses,
  peerGets('', 'end'),
]);

row(ALL, 'the guest closes after the peer ended with unread data', [
  peerSends('unread'),
  peerEnds,
  guestCloses,
  peerGets('', 'reset'),
]);

for (const family of ['ipv4', 'unix'] as const) {
  test(
    `${family}: the guest closes its listener: queued connections are reset, accepted ones are not`,
    withWorld((world) => {
      const listener = world.listen(family);
      const accepted = world.connect(NONBLOCK, listener);
      const queued = world.peers.connect(listener.address);
      world.peers.settle();
      world.closeFd(listener.fd);
      world.peers.settle();
      assert.is(queued.receive().then, 'reset');
      accepted.peer.send('data');
      world.peers.settle();
      assert.is(world.recv(accepted.fd), 'data');
    }),
  );
}

test(
  'closed connections are counted, and closed once',
  withWorld((world) => {
    const { counters } = world.caller.control;
    const { fd } = world.connect();
    world.connect();
    world.closeFd(fd);
    assert.is(world.errno('fd_close', fd), 'BADF');
    world.closeFd(world.listenFd);
    assert.equal([counters[Counter.ACCEPTED], counters[Counter.CLOSED]], [2, 1]);
  }),
);

test.run();

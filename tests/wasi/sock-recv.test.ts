// sock_recv and fd_read of a connection: every state of it, every flag, blocking and not, over TCP
// and a unix socket; and what a blocked call does when another thread acts.

import * as assert from 'uvu/assert';
import { Counter } from '../../host/wasi/control-block.ts';
import { suite } from '../support/suite.ts';
import { NONBLOCK, RECV_PEEK, RECV_WAITALL, SHUT_READ } from './spec.ts';
import { type Connection, type TestWorld, withWorld } from './world.ts';

const test = suite('sock_recv');

/** How many bytes each call asks for. */
const ASKED = 8;

// ---- what is there at once ---------------------------------------------------------------------

interface Arrived {
  readonly text: string;
  readonly then: 'open' | 'end' | 'reset';
}

const ARRIVALS: readonly Arrived[] = [
  { text: '', then: 'open' },
  { text: 'abcd', then: 'open' },
  { text: 'abcdefgh', then: 'open' },
  { text: 'abcdefghij', then: 'open' },
  { text: '', then: 'end' },
  { text: 'abcd', then: 'end' },
  { text: 'abcdefghij', then: 'end' },
  { text: '', then: 'reset' },
  { text: 'abcd', then: 'reset' },
  { text: 'abcdefghij', then: 'reset' },
];

const FLAGS = [
  ['no flag', 0],
  ['PEEK', RECV_PEEK],
  ['WAITALL', RECV_WAITALL],
  ['PEEK and WAITALL', RECV_PEEK | RECV_WAITALL],
] as const;

for (const family of ['ipv4', 'unix'] as const) {
  for (const arrived of ARRIVALS) {
    // A unix socket has no reset of that kind.
    if (family === 'unix' && arrived.then === 'reset') continue;
    for (const [name, flags] of FLAGS) {
      for (const mode of ['blocking', 'non-blocking']) {
        const isBlocking = mode === 'blocking';
        if (isBlocking && wouldWait(arrived, flags)) continue;
        test(
          `${family}: "${arrived.text}", then ${arrived.then}: ${mode}, ${name}`,
          withWorld((world) => {
            const connection = world.connect(isBlocking ? 0 : NONBLOCK, world.listen(family));
            arrive(world, connection, arrived);
            const { fd } = connection;
            const answers = [world.recv(fd, ASKED, flags)];
            world.errno('fd_fdstat_set_flags', fd, NONBLOCK);
            for (let time = 0; time < 3; time++) answers.push(world.recv(fd, ASKED));
            assert.equal(answers, expected(arrived, flags));
          }),
        );
      }
    }
  }
}

function wouldWait({ text, then }: Arrived, flags: number): boolean {
  if (then !== 'open') return false;
  return text === '' || (flags === RECV_WAITALL && text.length < ASKED);
}

function arrive(world: TestWorld, { peer }: Connection, { text, then }: Arrived): void {
  if (text !== '') peer.send(text);
  world.peers.settle();
  if (then === 'end') peer.endSending();
  if (then === 'reset') peer.reset();
  world.peers.settle();
}

/** What four calls answer, the first with `flags`: the text, then what came after it, once told. */
function expected({ text, then }: Arrived, flags: number): string[] {
  let left = text;
  let isResetTold = false;
  const answer = (isPeek: boolean): string => {
    const taken = left.slice(0, ASKED);
    if (!isPeek) left = left.slice(ASKED);
    if (taken !== '') return taken;
    if (then === 'open') return '[AGAIN]';
    if (then === 'end' || isResetTold) return '';
    isResetTold = true;
    return '[CONNRESET]';
  };
  return [answer((flags & RECV_PEEK) !== 0), answer(false), answer(false), answer(false)];
}

// ---- what comes while the guest is blocked -----------------------------------------------------

const CALLS: readonly (readonly [name: string, call: (world: TestWorld, fd: number) => string])[] =
  [
    ['sock_recv', (world, fd) => world.recv(fd, ASKED)],
    ['sock_recv with PEEK', (world, fd) => world.recv(fd, ASKED, RECV_PEEK)],
    [
      'sock_recv with PEEK and WAITALL',
      (world, fd) => world.recv(fd, ASKED, RECV_PEEK | RECV_WAITALL),
    ],
    ['fd_read', (world, fd) => world.read(fd, ASKED)],
  ];

for (const [name, call] of CALLS) {
  test(
    `${name} blocks until something comes: data`,
    withWorld((world) => {
      const fd = world.connectLater();
      world.later({ act: 'send', text: 'later' });
      assert.is(call(world, fd), 'later');
      world.errno('fd_fdstat_set_flags', fd, NONBLOCK);
      assert.is(world.recv(fd), name.includes('PEEK') ? 'later' : '[AGAIN]');
    }),
  );

  test(
    `${name} blocks until something comes: the end`,
    withWorld((world) => {
      const fd = world.connectLater();
      world.later({ act: 'end' });
      assert.is(call(world, fd), '');
    }),
  );

  test(
    `${name} blocks until something comes: a reset`,
    withWorld((world) => {
      const fd = world.connectLater();
      world.later({ act: 'reset' });
      assert.is(call(world, fd), '[CONNRESET]');
      assert.is(world.recv(fd), '');
    }),
  );

  test(
    `${name} blocks on when a wake is not for the guest`,
    withWorld((world) => {
      const fd = world.connectLater();
      world.kernel.wake();
      world.later({ act: 'send', text: 'later' });
      assert.is(call(world, fd), 'later');
    }),
  );
}

// ---- WAITALL -----------------------------------------------------------------------------------

test(
  'WAITALL blocks until every byte has come, over as many arrivals as it takes',
  withWorld((world) => {
    const fd = world.connectLater();
    world.later(...['first ', 'second ', 'third'].map((text) => ({ act: 'send', text }) as const));
    assert.is(world.recv(fd, 18, RECV_WAITALL), 'first second third');
  }),
);

test(
  'WAITALL ends short when the peer ends, and the end comes then',
  withWorld((world) => {
    const fd = world.connectLater();
    world.later({ act: 'send', text: 'half' }, { act: 'end' });
    assert.is(world.recv(fd, ASKED, RECV_WAITALL), 'half');
    assert.is(world.recv(fd, ASKED, RECV_WAITALL), '');
  }),
);

test(
  'WAITALL ends short when the peer resets, and the reset is told then',
  withWorld((world) => {
    const { fd, peer } = world.connect(0);
    peer.send('half');
    world.peers.settle();
    peer.reset();
    world.peers.settle();
    assert.is(world.recv(fd, ASKED, RECV_WAITALL), 'half');
    assert.is(world.recv(fd, ASKED, RECV_WAITALL), '[CONNRESET]');
    assert.is(world.recv(fd, ASKED, RECV_WAITALL), '');
  }),
);

test(
  'a reset that WAITALL came upon is told by the next call, also by one that sends',
  withWorld((world) => {
    const { fd, peer } = world.connect(0);
    peer.send('half');
    world.peers.settle();
    peer.reset();
    world.peers.settle();
    assert.is(world.recv(fd, ASKED, RECV_WAITALL), 'half');
    assert.is(world.recv(fd, 0), '', 'no byte was asked for');
    assert.is(world.send(fd, 'answer'), 'CONNRESET');
    assert.is(world.send(fd, 'answer'), 'PIPE');
    assert.is(world.recv(fd), '');
  }),
);

test(
  'WAITALL blocks no longer than NONBLOCK lets it',
  withWorld((world) => {
    const { fd, peer } = world.connect();
    assert.is(world.recv(fd, ASKED, RECV_WAITALL), '[AGAIN]');
    peer.send('half');
    world.peers.settle();
    assert.is(world.recv(fd, ASKED, RECV_WAITALL), 'half');
  }),
);

// ---- and besides -------------------------------------------------------------------------------

test(
  'no byte asked for is 0 bytes at once, whatever is there, and takes nothing',
  withWorld((world) => {
    const { fd, peer } = world.connect(0);
    for (const flags of [0, RECV_PEEK, RECV_WAITALL]) assert.is(world.recv(fd, 0, flags), '');
    assert.is(world.read(fd, 0), '');
    peer.send('data');
    world.peers.settle();
    assert.is(world.recv(fd, 0), '');
    peer.reset();
    world.peers.settle();
    assert.is(world.recv(fd, 0), '');
    assert.is(world.recv(fd), 'data');
    assert.is(world.recv(fd, 0), '');
    assert.is(world.recv(fd), '[CONNRESET]');
  }),
);

test(
  'after SHUT_RD the end is read at once, and data that comes still is',
  withWorld((world) => {
    const { fd, peer } = world.connect(0);
    assert.is(world.errno('sock_shutdown', fd, SHUT_READ), 'SUCCESS');
    assert.is(world.recv(fd), '');
    peer.send('late');
    world.peers.settle();
    assert.is(world.recv(fd), 'late');
    assert.is(world.recv(fd), '');
  }),
);

test(
  'bytes that were taken are counted, those that were peeked at are not',
  withWorld((world) => {
    const fd = world.readable();
    const { counters } = world.caller.control;
    world.recv(fd, ASKED, RECV_PEEK);
    assert.is(counters[Counter.RECEIVED_BYTES], 0);
    world.recv(fd, 3);
    world.read(fd, 3);
    assert.is(counters[Counter.RECEIVED_BYTES], 4);
  }),
);

test.run();

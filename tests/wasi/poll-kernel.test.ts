// poll_oneoff: what it asks of the kernel. An unchanged list costs nothing but the wait, a changed
// one its changes; interest that is gone never makes the guest spin.

import * as assert from 'uvu/assert';
import type { StdioKinds } from '../contract/peers.ts';
import { suite } from '../support/suite.ts';
import { FAR, MONOTONIC, NOW, Poller, SOON, type Wanted } from './poller.ts';
import { NONBLOCK } from './spec.ts';
import { type Connection, type TestWorld, withWorld } from './world.ts';

const test = suite('poll_oneoff: what it asks of the kernel');

/** More than a list has that is waited for without a set. */
const MANY = 9;
/** Long enough for a guest that spins to be seen. What ends by it may have waited only once. */
const A_WHILE: Wanted = { clock: MONOTONIC, ns: 5_000_000n };

interface Scene {
  readonly world: TestWorld;
  readonly poller: Poller;
  readonly a: Connection;
  readonly b: Connection;
  /** Makes a list a long one. */
  readonly more: readonly Wanted[];
  /** Polls, and has the kernel been asked just for `calls`. */
  readonly asks: (wanted: readonly Wanted[], expected: string, calls: readonly string[]) => void;
  /** Has `act` end a call that waits twice. A clock could be due after the first wait already. */
  readonly duringSecondWait: (act: () => void) => void;
}

function row(title: string, body: (scene: Scene) => void, stdio?: StdioKinds): void {
  test(
    title,
    withWorld(
      (world) => {
        const [a, b] = [world.connect(), world.connect()];
        world.name(a.fd, 'a');
        world.name(b.fd, 'b');
        const poller = new Poller(world);
        const more = world.addQuiet(MANY).map((fd) => ({ read: fd }));
        const asks: Scene['asks'] = (wanted, expected, calls) =>
          assert.equal(
            world.watched.during(() => poller.poll(wanted, expected)),
            calls,
          );
        const duringSecondWait: Scene['duringSecondWait'] = (act) => {
          world.watched.beforeNextWait(() => world.watched.beforeNextWait(act));
        };
        body({ world, poller, a, b, more, asks, duringSecondWait });
      },
      stdio === undefined ? {} : { stdio },
    ),
  );
}

// ---- what does not change ----------------------------------------------------------------------

row('a short list has its set when it comes again', ({ a, asks }) => {
  const list = [{ read: a.fd }, { write: a.fd }, { read: a.fd }];
  asks(list, '1', ['waitFew']);
  asks(list, '1', ['openSet', 'watch a RW', 'wait']);
  for (let time = 0; time < 100; time++) asks(list, '1', ['wait']);
});

row('a long list has its set at once', ({ world, a, b, more, asks }) => {
  more.forEach((item, index) => world.name('read' in item ? item.read : -1, `m${index}`));
  const list = [{ read: a.fd }, ...more, { write: b.fd }];
  const watches = more.map((_, index) => `watch m${index} R`);
  asks(list, `${MANY + 1}`, ['openSet', 'watch a R', ...watches, 'watch b W', 'wait']);
  for (let time = 0; time < 100; time++) asks(list, `${MANY + 1}`, ['wait']);
});

row('eight descriptors are a short list, however many subscriptions', ({ a, b, more, asks }) => {
  const eight = [{ read: a.fd }, { write: b.fd }, ...more.slice(0, 6)];
  asks([...eight, ...eight, FAR], '1 9', ['waitFew']);
});

row('only clocks change: nothing is asked', ({ poller, a, more, asks }) => {
  const list = (clock: Wanted): Wanted[] => [{ read: a.fd }, ...more, NOW, clock];
  poller.poll(list(FAR), `${MANY + 1}`);
  asks(list(NOW), `${MANY + 1} ${MANY + 2}`, ['wait']);
  asks(list({ clock: 0, ns: 2n ** 63n, flags: 1 }), `${MANY + 1}`, ['wait']);
  asks(list({ clock: 99, ns: 0n }), `${MANY + 1} ${MANY + 2}:INVAL`, ['wait']);
});

row(
  'the order and the duplicates of a list are nothing to the kernel',
  ({ poller, a, more, asks }) => {
    poller.poll([{ write: a.fd }, { read: a.fd }, ...more], '0');
    asks([...more, { read: a.fd }, { write: a.fd }], `${MANY + 1}`, ['wait']);
    asks([{ write: a.fd }, { write: a.fd }, { read: a.fd }, ...more, ...more], '0 1', ['wait']);
  },
);

row('an accept and a close elsewhere ask for nothing', ({ world, poller, a, more, asks }) => {
  const list = [{ write: a.fd }, ...more];
  poller.poll(list, '0');
  const { fd } = world.connect();
  asks(list, '0', ['wait']);
  world.closeFd(fd);
  asks(list, '0', ['wait']);
});

row('a list that was refused leaves the set as it is', ({ poller, a, more, asks }) => {
  const list = [{ write: a.fd }, ...more];
  poller.poll(list, '0');
  poller.poll([], 'INVAL');
  asks(list, '0', ['wait']);
});

row('clocks alone are waited for without a set', ({ asks }) => {
  asks([NOW], '0', ['waitFew']);
});

// ---- what changes ------------------------------------------------------------------------------

row('one entry more, or another one, is one watch', ({ poller, a, b, more, asks }) => {
  poller.poll([...more, NOW], `${MANY}`);
  asks([{ read: a.fd }, ...more, NOW], `${MANY + 1}`, ['watch a R', 'wait']);
  asks([{ read: b.fd }, ...more, NOW], `${MANY + 1}`, ['watch b R', 'wait']);
  asks([{ read: a.fd }, ...more, NOW], `${MANY + 1}`, ['wait']);
});

row('write interest is dropped at once, read interest stays', ({ poller, a, more, asks }) => {
  poller.poll([{ read: a.fd }, ...more, NOW], `${MANY + 1}`);
  asks([{ read: a.fd }, { write: a.fd }, ...more], '1', ['watch a RW', 'wait']);
  asks([{ read: a.fd }, ...more, NOW], `${MANY + 1}`, ['watch a R', 'wait']);
  asks([{ write: a.fd }, ...more], '0', ['watch a RW', 'wait']);
  asks([{ write: a.fd }, ...more], '0', ['wait']);
});

row('when write was the only interest, it is unwatched', ({ poller, a, more, asks }) => {
  poller.poll([{ write: a.fd }, ...more], '0');
  asks([...more, NOW], `${MANY}`, ['unwatch a', 'wait']);
  asks([...more, SOON], `${MANY}`, ['wait']);
});

row(
  'when a list drops both interests, the descriptor is unwatched',
  ({ poller, a, more, asks }) => {
    poller.poll([{ write: a.fd }, { read: a.fd }, ...more], '0');
    asks([...more, NOW], `${MANY}`, ['unwatch a', 'wait']);
  },
);

row('a dropped write is dropped for each', ({ poller, a, b, more, asks }) => {
  poller.poll([{ write: a.fd }, { write: b.fd }, { read: b.fd }, ...more], '0 1');
  asks([{ read: b.fd }, ...more, NOW], `${MANY + 1}`, ['unwatch a', 'watch b R', 'wait']);
});

row(
  'read interest is dropped when something comes that no one waits for',
  ({ world, poller, a, b, more, asks, duringSecondWait }) => {
    const others = [{ read: b.fd }, ...more];
    poller.poll([...others, { read: a.fd }, NOW], `${MANY + 2}`);
    asks([...others, NOW], `${MANY + 1}`, ['wait']);
    a.peer.send('data');
    world.peers.settle();
    duringSecondWait(() => b.peer.send('data'));
    asks([...others, FAR], '0', ['wait', 'unwatch a', 'wait']);
    assert.is(world.recv(b.fd), 'data');
    asks([...others, SOON], `${MANY + 1}`, ['wait']);
    asks([...others, { read: a.fd }, FAR], `${MANY + 1}`, ['watch a R', 'wait']);
  },
);

row(
  'what no one waits for is dropped beside what is reported',
  ({ world, poller, a, b, more, asks }) => {
    poller.poll([{ read: a.fd }, { read: b.fd }, ...more, NOW], `${MANY + 2}`);
    a.peer.send('data');
    b.peer.send('data');
    world.peers.settle();
    asks([{ read: b.fd }, ...more, FAR], '0', ['wait', 'unwatch a']);
  },
);

row(
  'data that comes while only writing is waited for is left alone',
  ({ world, poller, a, b, more, asks, duringSecondWait }) => {
    world.fill(a.fd);
    const others = [{ read: b.fd }, { write: a.fd }, ...more];
    poller.poll([...others, { read: a.fd }, NOW], `${MANY + 3}`);
    asks([...others, NOW], `${MANY + 2}`, ['wait']);
    a.peer.send('data');
    world.peers.settle();
    duringSecondWait(() => b.peer.send('data'));
    asks([...others, FAR], '0', ['wait', 'watch a W', 'wait']);
    assert.is(world.recv(b.fd), 'data');
    asks([...others, A_WHILE], `${MANY + 2}`, ['wait']);
  },
);

row(
  'a long list that becomes short needs no set until it comes again',
  ({ poller, a, more, asks }) => {
    poller.poll([{ read: a.fd }, ...more, NOW], `${MANY + 1}`);
    asks([{ read: a.fd }, NOW], '1', ['waitFew']);
    asks([{ read: a.fd }, NOW], '1', ['wait']);
    asks([{ read: a.fd }, ...more, NOW], `${MANY + 1}`, ['wait']);
  },
);

// ---- resets ------------------------------------------------------------------------------------

row(
  'a reset that no one waits for is dropped, and does not spin',
  ({ world, poller, a, b, more, asks, duringSecondWait }) => {
    const others = [{ read: b.fd }, ...more];
    poller.poll([...others, { read: a.fd }, NOW], `${MANY + 2}`);
    poller.poll([...others, NOW], `${MANY + 1}`);
    a.peer.reset();
    world.peers.settle();
    duringSecondWait(() => b.peer.send('data'));
    asks([...others, FAR], '0', ['wait', 'unwatch a', 'wait']);
    assert.is(world.recv(b.fd), 'data');
    asks([...others, A_WHILE], `${MANY + 1}`, ['wait']);
  },
);

row(
  'a reset after write interest was dropped is not seen at all',
  ({ world, poller, a, more, asks }) => {
    poller.poll([{ write: a.fd }, ...more], '0');
    poller.poll([...more, NOW], `${MANY}`);
    a.peer.reset();
    world.peers.settle();
    asks([...more, A_WHILE], `${MANY}`, ['wait']);
    asks([{ write: a.fd }, ...more], '0!', ['watch a W', 'wait']);
  },
);

row(
  'a half-close that no one waits for is not seen while writing is',
  ({ world, poller, a, more, asks }) => {
    world.fill(a.fd);
    poller.poll([{ write: a.fd }, ...more, NOW], `${MANY + 1}`);
    a.peer.endSending();
    world.peers.settle();
    asks([{ write: a.fd }, ...more, A_WHILE], `${MANY + 1}`, ['wait']);
  },
);

// ---- descriptors that begin and end ------------------------------------------------------------

row(
  'the successor of a closed descriptor is watched, and nothing of the closed one',
  ({ world, poller, a, more, asks }) => {
    const list = [{ read: a.fd }, ...more, NOW];
    poller.poll(list, `${MANY + 1}`);
    for (let time = 0; time < 3; time++) {
      world.closeFd(a.fd);
      const next = world.connect();
      assert.is(next.fd, a.fd);
      world.name(next.fd, 'next');
      asks(list, `${MANY + 1}`, ['watch next R', 'wait']);
      asks(list, `${MANY + 1}`, ['wait']);
    }
  },
);

row(
  'a closed descriptor that was written to is forgotten once',
  ({ world, poller, a, more, asks }) => {
    poller.poll([{ write: a.fd }, ...more], '0');
    world.closeFd(a.fd);
    asks([...more, NOW], `${MANY}`, ['unwatch a BADF', 'wait']);
    asks([...more, { read: a.fd }, NOW], `${MANY}:BADF ${MANY + 1}`, ['wait']);
  },
);

row('a renumbered descriptor stays watched', ({ world, poller, a, b, more, asks }) => {
  poller.poll([{ read: a.fd }, { read: b.fd }, ...more, NOW], `${MANY + 2}`);
  assert.is(world.errno('fd_renumber', a.fd, b.fd), 'SUCCESS');
  asks([{ read: b.fd }, ...more, NOW], `${MANY + 1}`, ['wait']);
});

row(
  'a device that is always ready is found out once',
  ({ world, a, asks }) => {
    world.name(0, 'device');
    const list = [{ read: 0 }, { write: a.fd }];
    asks(list, '0 1', ['waitFew']);
    asks(list, '0 1', ['openSet', 'watch device R PERM', 'watch a W', 'wait']);
    asks(list, '0 1', ['wait']);
    asks([{ write: 0 }, FAR], '0', ['waitFew']);
    asks([{ write: 0 }, { read: 0 }, { write: a.fd }], '0 1 2', ['waitFew']);
  },
  ['null', 'none', 'none'],
);

row('a number that is closed is not waited for', ({ asks }) => {
  asks([{ read: 99 }, FAR], '0:BADF', ['waitFew']);
  asks([{ read: 99 }, FAR], '0:BADF', ['openSet', 'wait']);
});

// ---- the calls that block ----------------------------------------------------------------------

row(
  'a blocking call waits without the set, and only when there is nothing',
  ({ world, poller, a, more }) => {
    poller.poll([{ read: a.fd }, ...more, NOW], `${MANY + 1}`);
    assert.is(world.errno('fd_fdstat_set_flags', a.fd, 0), 'SUCCESS');
    a.peer.send('data');
    world.peers.settle();
    assert.equal(
      world.watched.during(() => void world.recv(a.fd)),
      [],
    );
    const fd = world.connectLater();
    world.later({ act: 'send', text: 'data' });
    assert.equal(
      world.watched.during(() => void world.recv(fd)),
      ['waitFew'],
    );
    assert.is(world.errno('fd_fdstat_set_flags', fd, NONBLOCK), 'SUCCESS');
    assert.equal(
      world.watched.during(() => void world.recv(fd)),
      [],
    );
  },
);

test.run();

// poll_oneoff: a list that differs from the last one. A host that keeps anything of the last list
// must see each difference, and none where there is none.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { row } from './poll-rows.ts';
import {
  ABSTIME,
  COUNT,
  EVENTS,
  FAR,
  LIST,
  NOW,
  Poller,
  SOON,
  type Wanted,
  writeList,
} from './poller.ts';
import { Event, EventType, Subscription } from './spec.ts';
import { type TestWorld, withWorld } from './world.ts';

const test = suite('poll_oneoff: another list');

// ---- the list changes --------------------------------------------------------------------------

row(test, 'read, then write, then read, then both, then write', (world, poller, more) => {
  const { fd, peer } = world.connect();
  poller.pollThrice([{ read: fd }, SOON, ...more], '1');
  poller.pollThrice([{ write: fd }, FAR, ...more], '0');
  poller.pollThrice([{ read: fd }, SOON, ...more], '1');
  peer.send('data');
  world.peers.settle();
  poller.pollThrice([{ read: fd }, FAR, ...more], '0');
  poller.pollThrice([{ read: fd }, { write: fd }, ...more], '0 1');
  poller.pollThrice([{ write: fd }, FAR, ...more], '0');
  world.recv(fd);
  poller.pollThrice([{ read: fd }, SOON, ...more], '1');
});

row(test, 'a duplicate more, a duplicate less', (world, poller, more) => {
  const read = { read: world.readable() };
  poller.pollThrice([...more, read], `${more.length}`);
  poller.pollThrice([read, ...more, read], `0 ${more.length + 1}`);
  poller.pollThrice([read, read, read, ...more], '0 1 2');
  poller.pollThrice([read, ...more], '0');
});

row(test, 'another descriptor in the same place', (world, poller, more) => {
  const waiting = world.connect().fd;
  const ready = world.readable();
  for (let time = 0; time < 2; time++) {
    poller.pollThrice([{ read: waiting }, SOON, ...more], '1');
    poller.pollThrice([{ read: ready }, FAR, ...more], '0');
  }
  poller.pollThrice([{ read: ready }, { read: waiting }, ...more], '0');
  poller.pollThrice([{ read: waiting }, { read: ready }, ...more], '1');
});

row(test, 'a ready descriptor that is no longer in the list', (world, poller, more) => {
  const { fd, peer } = world.connect();
  const other = world.connect().fd;
  poller.pollThrice([{ read: fd }, { read: other }, SOON, ...more], '2');
  peer.send('data');
  world.peers.settle();
  poller.pollThrice([{ read: other }, SOON, ...more], '1');
  poller.pollThrice([{ read: other }, NOW, ...more], '1');
  poller.pollThrice([{ read: fd }, { read: other }, ...more], '0');
});

row(test, 'no descriptor but ready ones left out, and back again', (world, poller, more) => {
  const fd = world.readable();
  for (let time = 0; time < 2; time++) {
    poller.pollThrice([{ read: fd }, { write: fd }, FAR, ...more], '0 1');
    poller.pollThrice([SOON], '0');
    poller.pollThrice([NOW, FAR], '0');
  }
});

row(test, 'userdata that alone has changed is the one that comes back', (world, poller, more) => {
  const read = { read: world.readable() };
  poller.pollThrice([read, ...more, FAR], '0');
  for (const userdata of [0n, 2n ** 64n - 1n, 2n ** 32n, 1n]) {
    writeList(world, [read, ...more, FAR]);
    world.caller.view.setBigUint64(LIST, userdata, true);
    const count = more.length + 2;
    assert.is(world.errno('poll_oneoff', LIST, EVENTS, count, COUNT), 'SUCCESS');
    assert.is(world.caller.event(EVENTS).userdata, userdata);
  }
});

row(test, 'what lies between the fields is no part of the list', (world, poller, more) => {
  const list = [{ read: world.readable() }, { write: world.listenFd }, FAR, ...more];
  writeList(world, list);
  for (const filler of [0, 1, 0xff]) {
    for (const [index] of list.entries()) {
      const at = LIST + index * Subscription.BYTES;
      world.caller.bytes.fill(filler, at + 9, at + 16);
      world.caller.bytes.fill(filler, at + 20, at + 24);
      world.caller.bytes.fill(filler, at + 42, at + 48);
    }
    for (let time = 0; time < 3; time++) poller.call(list, '0');
  }
});

row(test, 'the same list somewhere else', (world, poller, more) => {
  const list = [{ read: world.readable() }, NOW, ...more];
  for (const place of [LIST, 20_000, LIST + 4, 20_001]) poller.poll(list, '0 1', { list: place });
});

// ---- clocks in the list ------------------------------------------------------------------------

row(test, 'only the time of a clock changes', (world, poller, more) => {
  const fd = world.connect().fd;
  for (const ns of [1000n, 2000n, 0n, 1000n, 300_000n]) {
    poller.poll([{ read: fd }, { clock: 1, ns }, ...more], '1');
  }
  poller.poll([{ read: fd }, FAR, NOW, ...more], '2');
  poller.poll([{ read: fd }, NOW, FAR, ...more], '1');
  poller.poll([{ read: fd }, { clock: 0, ns: 1n, flags: ABSTIME }, FAR, ...more], '1');
  poller.poll([{ read: fd }, { clock: 99, ns: 1n }, FAR, ...more], '1:INVAL');
  poller.poll([{ read: fd }, SOON, FAR, ...more], '1');
});

row(
  test,
  'a clock where a descriptor was, and a descriptor where a clock was',
  (world, poller, more) => {
    const ready = { read: world.readable() };
    for (let time = 0; time < 2; time++) {
      poller.pollThrice([ready, NOW, ...more], '0 1');
      poller.pollThrice([NOW, ready, ...more], '0 1');
      poller.pollThrice([FAR, ready, ...more], '1');
      poller.pollThrice([ready, ready, ...more], '0 1');
      poller.pollThrice([NOW, FAR, ...more], '0');
    }
  },
);

row(test, 'a clock that becomes a descriptor by its tag alone', (world, poller, more) => {
  // The number of the descriptor lies where the clock's does.
  const ready = { read: world.readable() };
  const list: Wanted[] = [{ clock: ready.read, ns: 0n }, NOW, ...more];
  poller.pollThrice(list, ready.read <= 1 ? '0 1' : ready.read <= 3 ? '0:NOTSUP 1' : '0:INVAL 1');
  world.caller.bytes[LIST + Subscription.TAG] = EventType.FD_READ;
  poller.call([ready, NOW, ...more], '0 1');
  world.caller.bytes[LIST + Subscription.TAG] = EventType.FD_WRITE;
  poller.call([{ write: ready.read }, NOW, ...more], '0 1');
});

// ---- calls that fail in between ----------------------------------------------------------------

row(test, 'a call that fails in between', (world, poller, more) => {
  const list = [{ read: world.readable() }, FAR, ...more];
  for (let time = 0; time < 4; time++) {
    poller.poll(list, '0');
    poller.call(list, 'FAULT', { count: 2 ** 32 - 4 });
    poller.poll(list, '0');
    world.caller.bytes[LIST + Subscription.BYTES + Subscription.TAG] = 3;
    poller.call(list, 'INVAL');
  }
});

// ---- lengths, and kinds beside each other ------------------------------------------------------

function only(
  title: string,
  body: (world: TestWorld, poller: Poller) => void,
  options?: Parameters<typeof withWorld>[1],
): void {
  test(
    title,
    withWorld((world) => body(world, new Poller(world)), options),
  );
}

only('a list grows one by one and shrinks again', (world, poller) => {
  const connections = Array.from({ length: 12 }, () => world.connect());
  const lengths = [...connections.keys()].map((index) => index + 1);
  for (const [index, { peer }] of connections.entries()) if (index % 3 === 0) peer.send('data');
  world.peers.settle();
  for (const length of [...lengths, ...lengths.toReversed()]) {
    const list = connections.slice(0, length).map(({ fd }) => ({ read: fd }));
    const ready = [...list.keys()].filter((index) => index % 3 === 0).join(' ');
    for (let time = 0; time < 2; time++) poller.poll([...list, FAR], ready);
  }
});

only('long, short, long: only what the list names is reported', (world, poller) => {
  const all = Array.from({ length: 20 }, () => ({ read: world.readable() }));
  for (let time = 0; time < 3; time++) {
    poller.poll(all, [...all.keys()].join(' '));
    poller.poll(all.slice(5, 8), '0 1 2');
    poller.poll([...all.slice(10, 19), FAR], '0 1 2 3 4 5 6 7 8');
    poller.poll([{ read: world.listenFd }, SOON], '1');
  }
});

only('a subscription a thousand times is reported a thousand times', (world, poller) => {
  const list = Array.from({ length: 1000 }, () => ({ read: 0 }));
  const fd = world.readable();
  for (const item of list) item.read = fd;
  for (let time = 0; time < 3; time++) poller.poll(list, [...list.keys()].join(' '));
});

only('over 256 ready handles come over several calls, the rest first', (world) => {
  const handle = world.handleOf(world.readable());
  const list = Array.from({ length: 3 * 256 }, () => ({
    read: world.caller.addStream(world.kernel.dup(handle)),
  }));
  const events = LIST + list.length * Subscription.BYTES;
  const seen = new Set<bigint>();
  for (let time = 0; time < 3; time++) {
    writeList(world, list);
    assert.is(world.errno('poll_oneoff', LIST, events, list.length, COUNT), 'SUCCESS');
    for (let slot = 0; slot < world.caller.u32(COUNT); slot++) {
      seen.add(world.caller.event(events + slot * Event.BYTES).userdata);
    }
  }
  assert.is(seen.size, list.length);
});

only(
  'standard input becomes ready between two calls',
  (world, poller) => {
    const list = (clock: Wanted): Wanted[] => [{ read: 0 }, { read: world.listenFd }, clock];
    for (let time = 0; time < 2; time++) {
      poller.pollThrice(list(SOON), '2');
      world.peers.stdio(0).send('line');
      poller.pollThrice(list(FAR), '0');
      assert.is(world.read(0), 'line');
    }
    world.peers.stdio(0).close();
    poller.pollThrice(list(FAR), '0!');
  },
  { stdio: ['pipe', 'none', 'none'] },
);

only(
  'a device that is always ready, among others, in a long list and a short one',
  (world, poller) => {
    const quiet = world.addQuiet(9).map((fd) => ({ read: fd }));
    const ready = { read: world.readable() };
    poller.poll([...quiet, { read: 0 }, ready, FAR], '9 10');
    poller.pollThrice([{ read: 0 }, ready, FAR], '0 1');
    poller.pollThrice([...quiet, { write: 0 }, ready, FAR], '9 10');
  },
  { stdio: ['null', 'none', 'none'] },
);

only(
  'a connection takes the number of standard input',
  (world, poller) => {
    const ready = world.readable();
    const list = (clock: Wanted): Wanted[] => [{ read: 0 }, clock];
    poller.pollThrice(list(SOON), '1');
    assert.is(world.errno('fd_renumber', ready, 0), 'SUCCESS');
    poller.pollThrice(list(FAR), '0');
    assert.is(world.recv(0), 'data');
    poller.pollThrice(list(SOON), '1');
  },
  { stdio: ['pipe', 'none', 'none'] },
);

only(
  'a file takes the number of a connection, and a connection that of the file',
  (world, poller) => {
    const { fd } = world.connect();
    const list = [{ read: fd }, FAR];
    poller.pollThrice([{ read: fd }, SOON], '1');
    assert.is(world.errno('fd_renumber', 0, fd), 'SUCCESS');
    poller.pollThrice(list, '0');
    world.closeFd(fd);
    const next = [world.connect().fd, world.connect().fd];
    assert.ok(next.includes(fd));
    poller.pollThrice([{ read: fd }, SOON], '1');
  },
  { stdio: ['file', 'none', 'none'] },
);

test.run();

// What calls answer to numbers, pointers and handles that make no sense, and in which order they
// look.

import {
  type Mode,
  Readiness,
  type Shutdown,
  type SocketOption,
} from '../../../host/kernel/kernel.ts';
import { FewList, ReadyList } from '../../../host/kernel/ready-list.ts';
import { connectPair, name, type Probe, probe } from '../probe.ts';

const { READ } = Readiness;
const ODD = [NaN, Infinity, -Infinity, 0.5, -0, -1, 2 ** 31, 2 ** 32, 2 ** 53, 1e300];

export const NUMBERS: readonly Probe[] = [
  probe('odd numbers in place of handles', ({ near: { kernel }, say }) => {
    for (const odd of ODD) {
      const set = kernel.openSet();
      const results = [
        kernel.listen(odd, 1),
        kernel.accept(odd),
        kernel.recv(odd, 0, 1, 0),
        kernel.recvVectors(odd, 1, 0),
        kernel.send(odd, 0, 1),
        kernel.sendVectors(odd, 1),
        kernel.shutdown(odd, 1),
        kernel.close(odd),
        kernel.dup(odd),
        kernel.takeError(odd),
        kernel.setOption(odd, 1, 1),
        kernel.fileType(odd),
        kernel.stopQueueing(odd),
        kernel.read(odd, 0, 1),
        kernel.write(odd, 0, 1),
        kernel.watch(set, odd, READ, 0),
        kernel.watch(odd, odd, READ, 0),
        kernel.unwatch(set, odd),
        kernel.wait(odd, 0, new ReadyList(1)),
        kernel.openStdio(odd),
      ];
      say(String(odd), ...results.map(name));
      kernel.closeSet(set);
    }
  }),

  probe('odd numbers in place of pointers and lengths', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.send(client, 'x'.repeat(1000));
    settle();
    const { kernel } = near;
    for (const odd of ODD) {
      say(
        String(odd),
        name(kernel.recv(server, odd, 1, 0)),
        name(kernel.recv(server, 0, odd, 0)),
        name(kernel.recv(server, 0, 1, odd)),
        name(kernel.send(server, odd, 1)),
        name(kernel.send(server, 0, odd)),
        name(kernel.recvVectors(server, odd, 0)),
        name(kernel.sendVectors(server, odd)),
        name(kernel.read(server, odd, 1)),
        name(kernel.random(odd, 1)),
        name(kernel.random(0, odd)),
      );
    }
  }),

  probe('odd numbers in place of options', (world) => {
    const { near, say } = world;
    const { server, listener } = connectPair(world);
    const { kernel } = near;
    const set = near.set();
    for (const odd of [...ODD, 3, 4, 99]) {
      say(
        String(odd),
        name(kernel.shutdown(listener, odd as Shutdown) === 0 ? 0 : -28),
        name(kernel.setOption(server, odd as SocketOption, -5)),
        ...[1, 2, 3, 4, 5].map((option) =>
          name(kernel.setOption(server, option as SocketOption, odd)),
        ),
        name(kernel.watch(set, server, odd, 0)),
        name(kernel.watch(set, server, READ, odd as Mode)),
        name(kernel.clockTime(odd as 0, new Uint32Array(2))),
      );
    }
  }),

  probe('pieces of memory at its edge', (world) => {
    const { near, far, settle, say } = world;
    const { server, client } = connectPair(world);
    far.send(client, 'abcdef');
    settle();
    const end = near.memory.length;
    for (const [pointer, length] of [
      [end - 1, 1],
      [end - 1, 2],
      [end, 0],
      [end + 1, 0],
      [end, 1],
      [-1, 1],
      [0xffff_ffff, 1],
      [0, end],
      [0, end + 1],
    ] as const) {
      say(`${pointer - end} ${length}`, name(near.kernel.recv(server, pointer, length, 1)));
    }
    near.kernel.attach(new ArrayBuffer(0));
    say(
      'no memory',
      name(near.kernel.recv(server, 0, 0, 0)),
      name(near.kernel.recv(server, 0, 1, 0)),
    );
  }),

  probe('which of two mistakes is told', ({ near, say }) => {
    const { kernel } = near;
    const fresh = near.open();
    const out = near.memory.length + 1;
    say('recv', name(kernel.recv(1234, out, 1, 2)), name(kernel.recv(fresh, out, 1, 2)));
    say('memory', name(kernel.recv(fresh, out, 1, 0)), name(kernel.send(fresh, out, 1)));
    say(
      'shutdown',
      name(kernel.shutdown(1234, 9 as Shutdown)),
      name(kernel.shutdown(fresh, 9 as Shutdown)),
    );
    const few = new FewList();
    few.add(fresh, 0);
    few.add(1234, READ);
    say('few', name(kernel.waitFew(few, 0)), name(kernel.waitFew(few, -1)));
    say('bind', name(kernel.bind(1234, { family: 'ipv4', host: 'name', port: 0 })));
    say(
      'watch',
      name(kernel.watch(99, 1234, 0, 9 as Mode)),
      name(kernel.watch(near.set(), fresh, 0, 9 as Mode)),
    );
    kernel.wake();
    say(
      'wait',
      name(kernel.wait(99, 0, new ReadyList(0))),
      name(kernel.wait(near.set(), 0, new ReadyList(0))),
    );
    say('wake', name(kernel.waitFew(few, 0)));
  }),

  probe('a kernel that was destroyed', (world) => {
    const { near, say } = world;
    const { server, listener } = connectPair(world);
    const set = near.set();
    const { kernel } = near;
    kernel.destroy();
    say('calls', near.recv(server), near.accept(listener), near.wait(set, {}));
    say('new', name(kernel.open('ipv4')), name(kernel.openSet()), name(kernel.openStdio(0)));
    say(
      'few',
      name(kernel.waitFew(new FewList(), 0)),
      name(kernel.random(0, 0)),
      name(kernel.random(0, 1)),
    );
    const instant = new Uint32Array(2);
    say('clock', name(kernel.clockTime(1, instant)), name(kernel.clockResolution(1, instant)));
    kernel.wake();
    say('woken', name(kernel.waitFew(new FewList(), 0)));
  }),
];

// Beginnings: fresh sockets, listeners, queues, connects.

import { handleIndex, Shutdown, SocketOption } from '../../../host/kernel/kernel.ts';
import type { Address } from '../../../host/kernel/address.ts';
import { acceptOne, connectPair, name, type Probe, probe, probeIpv6 } from '../probe.ts';

export const CONNECTING: readonly Probe[] = [
  probe('a fresh socket', ({ near, say }) => {
    const handle = near.open();
    say('poll', near.poll(handle));
    say('calls', near.recv(handle), near.send(handle, 'x'), near.accept(handle));
    say('empty', near.recv(handle, 0), near.send(handle, ''));
    say('shutdown', name(near.kernel.shutdown(handle, Shutdown.WRITE)));
    say('poll after', near.poll(handle), near.recv(handle));
  }),

  probe('a fresh socket that is shut for reading', ({ near, say }) => {
    const handle = near.open();
    say('shutdown', name(near.kernel.shutdown(handle, Shutdown.READ)));
    say('after', near.poll(handle), near.recv(handle));
    say('listen', name(near.kernel.listen(handle, 1)), near.poll(handle));
  }),

  probe('a listener', ({ near, say }) => {
    const { listener } = near.listen();
    say('poll', near.poll(listener));
    say('calls', near.accept(listener), near.recv(listener), near.send(listener, 'x'));
    say('write end', name(near.kernel.shutdown(listener, Shutdown.WRITE)), near.poll(listener));
    say('read end', name(near.kernel.shutdown(listener, Shutdown.READ)), near.poll(listener));
    say('calls after', near.accept(listener), near.recv(listener));
    say('listen again', name(near.kernel.listen(listener, 1)), near.poll(listener));
  }),

  probe('a listener that is shut with a queue', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    const client = far.dial(address);
    settle();
    near.kernel.shutdown(listener, Shutdown.READ);
    settle();
    say('client', far.poll(client), far.recv(client), far.recv(client));
    say('listener', near.poll(listener), near.error(listener));
  }),

  probe('a listener that is closed with a queue', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    const client = far.dial(address);
    settle();
    near.kernel.close(listener);
    settle();
    say('client', far.poll(client), far.recv(client), far.recv(client));
    const late = far.dial(address);
    settle();
    say('late', far.poll(late), far.error(late), far.error(late));
  }),

  probe('a queue, and one more than its backlog', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen('ipv4', 4);
    const clients = Array.from({ length: 12 }, () => far.dial(address));
    settle();
    say('connected', clients.filter((client) => far.poll(client, 2) === 'WRITE').length);
    say('waiting', far.poll(clients[11] as number), far.error(clients[11] as number));
    const results = Array.from({ length: 6 }, () => near.accept(listener));
    say('accepted', ...results);
  }),

  probe('the order of a queue', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    const clients = [far.dial(address), far.dial(address), far.dial(address)];
    settle();
    const names = clients.map((client) => JSON.stringify(far.kernel.localAddress(client)));
    for (let at = 0; at < 3; at++) {
      const server = near.kernel.accept(listener);
      say('taken', names.indexOf(JSON.stringify(near.kernel.peerAddress(server))));
    }
  }),

  probe('no descriptor, and a queue', ({ near, far, settle, peers, say }) => {
    const { listener, address } = near.listen();
    const client = far.dial(address);
    settle();
    far.send(client, 'patience');
    settle();
    const giveBack = peers.exhaustDescriptors();
    say('accept', near.accept(listener), near.poll(listener), near.accept(listener));
    giveBack(1);
    const server = near.kernel.accept(listener);
    say('after', name(Math.min(server, 0)), near.recv(server));
    say('dup', name(near.kernel.dup(server)), near.accept(listener));
  }),

  probe('no descriptor, and no queue', ({ near, peers, say }) => {
    const { listener } = near.listen();
    const other = near.open();
    peers.exhaustDescriptors();
    say('accept', near.accept(listener), near.accept(other), near.accept(1234));
    say('open', name(near.kernel.open('ipv4')), name(near.kernel.openSet()));
  }),

  probe('numbers of handles', ({ near, say }) => {
    const handles = [near.open(), near.open(), near.open(), near.open()];
    say('first', ...handles.map(handleIndex));
    for (const at of [2, 0]) near.kernel.close(handles[at] as number);
    say('again', ...[near.open(), near.open(), near.open()].map(handleIndex));
    say('closed', name(near.kernel.close(handles[2] as number)), near.recv(handles[0] as number));
  }),

  probe('a connect that is refused', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    near.kernel.close(listener);
    const handle = far.open();
    say('connect', name(far.kernel.connect(handle, address)));
    settle();
    say('poll', far.poll(handle));
    say('error', far.error(handle), far.error(handle));
    say('recv', far.recv(handle), far.send(handle, 'x'));
    say('again', name(far.kernel.connect(handle, address)));
    say('and again', name(far.kernel.connect(handle, address)));
  }),

  probe('a connect that is refused and asked again', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    near.kernel.close(listener);
    const handle = far.dial(address);
    settle();
    say('again', name(far.kernel.connect(handle, address)), far.error(handle));
    say('poll', far.poll(handle), far.recv(handle));
    say('anew', name(far.kernel.connect(handle, address)));
    settle();
    say('error', far.error(handle));
  }),

  probe('a connection that was reset, shut and asked to connect', (world) => {
    const { far, near, settle, say } = world;
    const { server, client, address } = connectPair(world);
    near.reset(server);
    settle();
    say('shutdown', name(far.kernel.shutdown(client, Shutdown.BOTH)));
    say('connect', name(far.kernel.connect(client, address)), far.error(client));
    say('listen', name(far.kernel.listen(client, 1)));
  }),

  probe('recv of a connect that was refused', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    near.kernel.close(listener);
    const [one, two] = [far.dial(address), far.dial(address)];
    settle();
    say('recv', far.recv(one), far.recv(one));
    say('send', far.send(two, 'x'), far.send(two, 'x'));
  }),

  probe('a connect that succeeds', ({ near, far, settle, say }) => {
    const { listener, address } = near.listen();
    const handle = far.open();
    say('connect', name(far.kernel.connect(handle, address)));
    settle();
    say('poll', far.poll(handle), far.error(handle));
    say('again', name(far.kernel.connect(handle, address)));
    say('and again', name(far.kernel.connect(handle, address)));
    const server = near.kernel.accept(listener);
    say('of the accepted', name(near.kernel.connect(server, address)));
    say('of the listener', name(near.kernel.connect(listener, address)));
    say('listen', name(far.kernel.listen(handle, 1)), name(near.kernel.listen(server, 1)));
    say('bind', name(far.kernel.bind(handle, far.free('ipv4'))));
  }),

  probe('a connect on its way', ({ near, far, settle, say }) => {
    const { address } = near.listen('ipv4', 0);
    far.dial(address);
    settle();
    const waiting = far.dial(address);
    settle();
    say('again', name(far.kernel.connect(waiting, address)), far.poll(waiting));
    say('calls', far.recv(waiting), far.send(waiting, 'x'), far.send(waiting, ''));
    say('name', name(far.kernel.peerAddress(waiting) as number), far.error(waiting));
    say('shutdown', name(far.kernel.shutdown(waiting, Shutdown.WRITE)));
    say('after', far.poll(waiting), far.error(waiting), far.recv(waiting));
  }),

  probe('one address for two', ({ near, say }) => {
    const { address } = near.listen();
    say('bind', name(near.kernel.bind(near.open(), address)));
    const [first, second] = [near.open(), near.open()];
    near.kernel.bind(first, near.free('ipv4'));
    const shared = near.kernel.localAddress(first) as Address;
    say('both reuse', name(near.kernel.bind(second, shared)));
    say('listen', name(near.kernel.listen(first, 1)), name(near.kernel.listen(second, 1)));
    const third = near.open();
    near.kernel.setOption(third, SocketOption.REUSE_ADDRESS, 0);
    say('no reuse', name(near.kernel.bind(third, shared)));
  }),

  probe('all hosts, and one', ({ near, far, settle, say }) => {
    const all = near.open();
    near.kernel.bind(all, { family: 'ipv4', host: '0.0.0.0', port: 0 });
    near.kernel.listen(all, 4);
    const { port } = near.kernel.localAddress(all) as { port: number };
    const one = { family: 'ipv4', host: '127.0.0.1', port } as const;
    say('bind', name(near.kernel.bind(near.open(), one)));
    const client = far.dial(one);
    settle();
    const server = near.kernel.accept(all);
    say('local', (near.kernel.localAddress(server) as { host: string }).host, far.poll(client));
    const wide = near.dial({ family: 'ipv4', host: '0.0.0.0', port });
    settle();
    say('to all', (near.kernel.peerAddress(wide) as { host: string }).host);
  }),

  probeIpv6('both families on one port', ({ near, far, settle, say }) => {
    const six = near.open('ipv6');
    near.kernel.bind(six, { family: 'ipv6', host: '::', port: 0 });
    near.kernel.listen(six, 4);
    const { port } = near.kernel.localAddress(six) as { port: number };
    const four = { family: 'ipv4', host: '127.0.0.1', port } as const;
    say('bind', name(near.kernel.bind(near.open(), four)));
    far.dial(four);
    settle();
    const server = near.kernel.accept(six);
    const { family, host } = near.kernel.peerAddress(server) as { family: string; host: string };
    say('mapped', family, host);
  }),

  probeIpv6('addresses of other kinds', ({ near, say }) => {
    const four = { family: 'ipv4', host: '127.0.0.1', port: 1 } as const;
    const six = { family: 'ipv6', host: '::1', port: 1 } as const;
    const unix = { family: 'unix', path: '/tmp/a' } as const;
    const long = { family: 'unix', path: '/tmp/a-path-that-is-long' } as const;
    for (const family of ['ipv4', 'ipv6', 'unix'] as const) {
      for (const address of [four, six, unix, long]) {
        if (address.family === family) continue;
        const bound = name(near.kernel.bind(near.open(family), address));
        say(family, address.family, bound, name(near.kernel.connect(near.open(family), address)));
      }
    }
  }),

  probeIpv6('spellings of addresses', ({ near, say }) => {
    const hosts = ['0:0:0:0:0:0:0:1', '::0001', '::ffff:127.0.0.1', '::1::', '1::2:3', ':1', '::g'];
    for (const host of hosts) {
      const handle = near.open('ipv6');
      const bound = near.kernel.bind(handle, { family: 'ipv6', host, port: 0 });
      const local = near.kernel.localAddress(handle) as { host: string };
      say(host, name(bound), local.host);
    }
    for (const host of ['127.1', '127.0.0.01', '127.0.0.256', ' 127.0.0.1', '127.0.0.2', '']) {
      const handle = near.open();
      say(host, name(near.kernel.bind(handle, { family: 'ipv4', host, port: 0 })));
    }
  }),

  probe('a listener that queues no more', (world) => {
    const { near, far, settle, say } = world;
    const { listener, address } = near.listen();
    const first = far.dial(address);
    settle();
    say('stop', name(near.kernel.stopQueueing(listener)));
    const late = far.dial(address);
    settle();
    say('late', far.poll(late), far.error(late));
    say('first', far.poll(first), near.accept(listener), near.accept(listener));
    const other = connectPair(world);
    acceptOne(world, other.listener, other.address);
  }),

  probe('backlogs at the edge', ({ near, far, settle, say }) => {
    for (const backlog of [0, 1, -1]) {
      const { listener, address } = near.listen('ipv4', backlog);
      for (let count = 0; count < 4; count++) far.dial(address);
      settle();
      let accepted = 0;
      while (near.kernel.accept(listener) >= 0) accepted++;
      say(`backlog ${backlog}`, accepted);
    }
  }),
];

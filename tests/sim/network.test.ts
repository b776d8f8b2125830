// What a network with latency shows, and a loopback does not: what is on its way.

import * as assert from 'uvu/assert';
import { errnoName } from '../../host/base/errno.ts';
import { NS_PER_MS, NS_PER_S } from '../../host/base/units.ts';
import type { Address } from '../../host/kernel/address.ts';
import { Mode, Readiness, Shutdown } from '../../host/kernel/kernel.ts';
import { Network } from '../../host/kernel/sim/network.ts';
import { SimKernel } from '../../host/kernel/sim/sim-kernel.ts';
import { FewList, ReadyList } from '../../host/kernel/ready-list.ts';
import { suite } from '../support/suite.ts';

const test = suite('the simulated network');
const { READ, WRITE } = Readiness;
const LATENCY_NS = 5 * NS_PER_MS;

interface Pair {
  readonly network: Network;
  readonly server: SimKernel;
  readonly client: SimKernel;
  readonly listener: number;
  readonly address: Address;
}

function makePair(backlog: number, latencyNs = LATENCY_NS): Pair {
  const network = new Network({ latencyNs: () => latencyNs });
  const [server, client] = [new SimKernel({ network }), new SimKernel({ network })];
  for (const kernel of [server, client]) kernel.attach(new ArrayBuffer(65_536));
  const listener = server.open('ipv4');
  server.bind(listener, { family: 'ipv4', host: '127.0.0.1', port: 0 });
  server.listen(listener, backlog);
  const address = server.localAddress(listener) as Address;
  return { network, server, client, listener, address };
}

/** Waits on one handle. @returns the time it took, in ms */
function waitMs(kernel: SimKernel, handle: number, interest: number): number {
  const few = new FewList();
  few.add(handle, interest);
  const startNs = kernel.network.timeline.nowNs;
  assert.is(kernel.waitFew(few, Infinity), 1);
  return (kernel.network.timeline.nowNs - startNs) / NS_PER_MS;
}

test('a connection stands after a round trip, and is queued half a one later', () => {
  const { server, client, listener, address } = makePair(4);
  const handle = client.open('ipv4');
  client.connect(handle, address);
  assert.is(waitMs(client, handle, WRITE), 10);
  assert.is(errnoName(-server.accept(listener)), 'AGAIN');
  assert.is(waitMs(server, listener, READ), 5);
  assert.ok(server.accept(listener) >= 0);
});

test('what was sent before an end arrives before it', () => {
  const { network, server, client, listener, address } = makePair(4);
  const handle = client.open('ipv4');
  client.connect(handle, address);
  waitMs(client, handle, WRITE);
  assert.is(client.send(handle, 0, 3), 3);
  client.shutdown(handle, Shutdown.WRITE);
  waitMs(server, listener, READ);
  const accepted = server.accept(listener);
  network.timeline.settle();
  assert.equal([server.recv(accepted, 0, 9, 0), server.recv(accepted, 0, 9, 0)], [3, 0]);
});

test('a SYN that finds no room is sent again, after a second', () => {
  const { server, client, listener, address } = makePair(0, 0);
  const [first, second] = [client.open('ipv4'), client.open('ipv4')];
  client.connect(first, address);
  client.connect(second, address);
  server.accept(listener);
  assert.is(waitMs(client, second, WRITE), NS_PER_S / NS_PER_MS);
});

test('an attempt that no one answers fails after eleven SYNs', () => {
  const { network, client, address } = makePair(0, 0);
  const [first, second] = [client.open('ipv4'), client.open('ipv4')];
  client.connect(first, address);
  client.connect(second, address);
  network.timeline.settle();
  network.timeline.advanceTo(130 * NS_PER_S);
  assert.is(client.takeError(second), 0);
  network.timeline.advanceTo(132 * NS_PER_S);
  assert.is(errnoName(client.takeError(second)), 'TIMEDOUT');
});

test('a client whose last answer found no room believes itself connected, and is queued later', () => {
  const { network, server, client, listener, address } = makePair(0);
  const handles = [client.open('ipv4'), client.open('ipv4')];
  for (const handle of handles) client.connect(handle, address);
  network.timeline.settle();
  for (const handle of handles) assert.is(waitMs(client, handle, WRITE), 0);
  assert.is(client.send(handles[1] as number, 0, 5), 5);
  network.timeline.settle();
  assert.ok(server.accept(listener) >= 0);
  assert.is(errnoName(-server.accept(listener)), 'AGAIN');
  assert.ok(waitMs(server, listener, READ) <= 1000);
  const accepted = server.accept(listener);
  assert.is(server.recv(accepted, 0, 9, 0), 5);
});

test('a client that gave up before its connection stood is never queued', () => {
  const { network, server, client, listener, address } = makePair(4);
  const handle = client.open('ipv4');
  client.connect(handle, address);
  client.close(handle);
  network.timeline.settle();
  assert.is(errnoName(-server.accept(listener)), 'AGAIN');
});

test('a wait jumps to what arrives, or to its end', () => {
  const { network, server, client, listener, address } = makePair(4);
  const set = server.openSet();
  server.watch(set, listener, READ, Mode.LEVEL);
  assert.is(server.wait(set, 3 * NS_PER_MS, new ReadyList(4)), 0);
  assert.is(network.timeline.nowNs, 3 * NS_PER_MS);
  client.connect(client.open('ipv4'), address);
  assert.is(server.wait(set, NS_PER_S, new ReadyList(4)), 1);
  assert.is(network.timeline.nowNs, 18 * NS_PER_MS);
});

test('a wait that nothing can end says so', () => {
  const { server, listener } = makePair(4);
  const few = new FewList();
  few.add(listener, READ);
  assert.throws(() => server.waitFew(few, Infinity), /nothing will ever happen/);
});

test.run();

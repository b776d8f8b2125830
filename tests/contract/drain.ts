// The contract of `stopQueueing`: a listener on its way to being closed.

import * as assert from 'uvu/assert';
import { Readiness } from '../../host/kernel/kernel.ts';
import {
  acceptOne,
  connect,
  listen,
  ok,
  openContract,
  readyNow,
  recv,
  send,
  show,
  type Skips,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ } = Readiness;

export function drainContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('drain', makeKernel, skips);
  queueRows(contract.row);
  errorRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function queueRows(row: Row): void {
  row('connections queued before stopQueueing are accepted after it, and work', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    const queued = [peers.connect(address), peers.connect(address)];
    queued.forEach((peer) => peer.send('before'));
    peers.settle();
    assert.is(show(kernel.stopQueueing(listener)), 0);
    for (const peer of queued) {
      const handle = ok(kernel.accept(listener));
      peer.send(' and after');
      peers.settle();
      assert.is(recv(fixture, handle), 'before and after');
      assert.is(send(fixture, handle, 'answer'), 6);
      peers.settle();
      assert.equal(peer.receive(), { text: 'answer', then: 'open' });
    }
    assert.is(show(kernel.accept(listener)), '-AGAIN');
  });

  row('a connection accepted before stopQueueing goes on', (fixture) => {
    const { handle, listener, peer } = connect(fixture);
    assert.is(show(fixture.kernel.stopQueueing(listener)), 0);
    peer.send('question');
    fixture.peers.settle();
    assert.is(recv(fixture, handle), 'question');
    peer.close();
    fixture.peers.settle();
    assert.is(recv(fixture, handle), '');
  });

  row('a TCP client after stopQueueing is neither accepted nor reset', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    assert.is(show(kernel.stopQueueing(listener)), 0);
    const late = peers.connect(address);
    peers.settle();
    assert.is(readyNow(fixture, listener, READ), '');
    assert.is(show(kernel.accept(listener)), '-AGAIN');
    assert.is(late.isConnected(), false);
    assert.equal(late.receive(), { text: '', then: 'open' });
  });

  row('stopQueueing asked again answers 0 and changes nothing', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    peers.connect(address);
    peers.settle();
    assert.is(show(kernel.stopQueueing(listener)), 0);
    assert.is(show(kernel.stopQueueing(listener)), 0);
    ok(kernel.accept(listener));
  });

  row('a unix listener goes on queueing after stopQueueing', (fixture) => {
    const listening = listen(fixture, 'unix');
    assert.is(show(fixture.kernel.stopQueueing(listening.listener)), 0);
    const { handle, peer } = acceptOne(fixture, listening);
    peer.send('late');
    assert.is(recv(fixture, handle), 'late');
  });
}

function errorRows(row: Row): void {
  row('stopQueueing of a socket that does not listen answers INVAL', (fixture) => {
    const { kernel } = fixture;
    for (const family of ['ipv4', 'unix'] as const) {
      assert.is(show(kernel.stopQueueing(ok(kernel.open(family)))), '-INVAL');
      assert.is(show(kernel.stopQueueing(connect(fixture, family).handle)), '-INVAL');
    }
  });

  row(
    'stopQueueing of a stream answers NOTSOCK',
    ({ kernel }) => {
      assert.is(show(kernel.stopQueueing(ok(kernel.openStdio(0)))), '-NOTSOCK');
      assert.is(show(kernel.stopQueueing(ok(kernel.openStdio(1)))), '-NOTSOCK');
    },
    ['pipe', 'file', 'none'],
  );
}

// The contract of `listen` and `accept`: the queue of connections, and what has happened to a
// connection before it is taken.

import * as assert from 'uvu/assert';
import { Readiness, Shutdown } from '../../host/kernel/kernel.ts';
import {
  acceptOne,
  connect,
  listen,
  ok,
  openContract,
  readyFew,
  readyNow,
  recv,
  send,
  show,
  type Skips,
  waitSet,
  watchOne,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

export function acceptContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('accept', makeKernel, skips);
  queueRows(contract.row);
  backlogRows(contract.row);
  beforeAcceptRows(contract.row);
  listenerEndRows(contract.row);
  errorRows(contract.row);
  contract.unproven(
    'accept passes NFILE, NOBUFS, NOMEM and CONNABORTED on and leaves the listener usable',
    'a live system gives them only when all of it is out of something, and Linux no CONNABORTED',
  );
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function queueRows(row: Row): void {
  row('a listener without a connection answers AGAIN', (fixture) => {
    const { listener } = listen(fixture);
    assert.is(show(fixture.kernel.accept(listener)), '-AGAIN');
  });

  row('a listener with a completed connection is readable until it is taken', (fixture) => {
    const listening = listen(fixture);
    assert.is(readyNow(fixture, listening.listener, READ), '');
    fixture.peers.connect(listening.address);
    fixture.peers.settle();
    assert.is(readyNow(fixture, listening.listener, READ), 'READ');
    ok(fixture.kernel.accept(listening.listener));
    assert.is(readyNow(fixture, listening.listener, READ), '');
    assert.is(show(fixture.kernel.accept(listening.listener)), '-AGAIN');
  });

  row('a listener is never writable', (fixture) => {
    const { listener, address } = listen(fixture);
    fixture.peers.connect(address);
    fixture.peers.settle();
    assert.is(readyNow(fixture, listener, WRITE), '');
  });

  row('connections are taken in the order in which they were made', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    const made = [peers.connect(address), peers.connect(address), peers.connect(address)];
    peers.settle();
    const taken = made.map(() => kernel.peerAddress(ok(kernel.accept(listener))));
    assert.equal(
      taken,
      made.map((peer) => peer.address),
    );
  });

  row('an accepted socket does not block, whatever its listener does', (fixture) => {
    const { handle } = connect(fixture);
    assert.is(recv(fixture, handle), '-AGAIN');
  });

  row('an accepted socket outlives its listener', (fixture) => {
    const { listener, handle, peer } = connect(fixture);
    ok(fixture.kernel.close(listener));
    peer.send('still here');
    fixture.peers.settle();
    assert.is(recv(fixture, handle), 'still here');
  });
}

function backlogRows(row: Row): void {
  row('a listener queues one connection more than its backlog', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture, 'ipv4', 2);
    for (let count = 0; count < 6; count++) peers.connect(address);
    peers.settle();
    for (let count = 0; count < 3; count++) ok(kernel.accept(listener));
    assert.is(show(kernel.accept(listener)), '-AGAIN');
  });

  row('listening again changes the backlog', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture, 'ipv4', 0);
    assert.is(kernel.listen(listener, 2), 0);
    for (let count = 0; count < 6; count++) peers.connect(address);
    peers.settle();
    for (let count = 0; count < 3; count++) ok(kernel.accept(listener));
    assert.is(show(kernel.accept(listener)), '-AGAIN');
  });

  row('an IPv6 listener accepts', (fixture) => {
    const { handle, peer } = connect(fixture, 'ipv6');
    peer.send('six');
    fixture.peers.settle();
    assert.is(recv(fixture, handle), 'six');
  });

  row('a unix listener accepts', (fixture) => {
    const { handle, peer } = connect(fixture, 'unix');
    peer.send('unix');
    fixture.peers.settle();
    assert.is(recv(fixture, handle), 'unix');
  });
}

function beforeAcceptRows(row: Row): void {
  row('a connection that was reset before accept is taken, and its error read once', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    peers.connect(address).reset();
    peers.settle();
    assert.is(readyNow(fixture, listener, READ), 'READ');
    const handle = ok(kernel.accept(listener));
    assert.is(
      readyNow(fixture, handle, READ | WRITE | READ_HANGUP),
      'READ|WRITE|ERROR|HANGUP|READ_HANGUP',
    );
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['-CONNRESET', '']);
    assert.is(send(fixture, handle, 'x'), '-PIPE');
  });

  row('data that came before a reset before accept is received first', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    const peer = peers.connect(address);
    peer.send('hello');
    peer.reset();
    peers.settle();
    const handle = ok(kernel.accept(listener));
    const received = [recv(fixture, handle), recv(fixture, handle), recv(fixture, handle)];
    assert.equal(received, ['hello', '-CONNRESET', '']);
  });

  row('data and the end that came before accept are received, and sending works', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    const peer = peers.connect(address);
    peer.send('hi');
    peer.endSending();
    peers.settle();
    const handle = ok(kernel.accept(listener));
    assert.is(readyNow(fixture, handle, READ | WRITE | READ_HANGUP), 'READ|WRITE|READ_HANGUP');
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['hi', '']);
    assert.is(send(fixture, handle, 'answer'), 6);
    peers.settle();
    assert.equal(peer.receive(), { text: 'answer', then: 'open' });
  });
}

function listenerEndRows(row: Row): void {
  row('closing a listener resets the connections in its queue', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    const queued = [peers.connect(address), peers.connect(address)];
    peers.settle();
    ok(kernel.close(listener));
    peers.settle();
    assert.equal(
      queued.map((peer) => peer.receive().then),
      ['reset', 'reset'],
    );
  });

  row('a closed listener refuses connections', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    ok(kernel.close(listener));
    assert.not(peers.connect(address).isConnected());
  });

  row('a listener that was shut down answers INVAL and is hung up', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    assert.is(kernel.shutdown(listener, Shutdown.READ), 0);
    assert.not(peers.connect(address).isConnected());
    assert.is(show(kernel.accept(listener)), '-INVAL');
    assert.is(readyNow(fixture, listener, READ), 'HANGUP');
  });
}

function errorRows(row: Row): void {
  row('accept on a handle that was never opened answers BADF', ({ kernel }) => {
    assert.is(show(kernel.accept(1234)), '-BADF');
  });

  row('accept on a socket that does not listen answers INVAL', (fixture) => {
    const { kernel } = fixture;
    assert.is(show(kernel.accept(ok(kernel.open('ipv4')))), '-INVAL');
    assert.is(show(kernel.accept(connect(fixture).handle)), '-INVAL');
  });

  row(
    'accept on a stream answers NOTSOCK',
    ({ kernel }) => {
      assert.is(show(kernel.accept(ok(kernel.openStdio(0)))), '-NOTSOCK');
    },
    ['pipe', 'none', 'none'],
  );

  row('accept without a free descriptor answers MFILE and leaves the connection', (fixture) => {
    const { kernel, peers } = fixture;
    const listening = listen(fixture);
    const peer = peers.connect(listening.address);
    peer.send('patience');
    peers.settle();
    const set = watchOne(fixture, listening.listener, READ);
    const giveBack = peers.exhaustDescriptors();
    for (let round = 0; round < 2; round++) {
      assert.is(show(kernel.accept(listening.listener)), '-MFILE');
      assert.is(readyFew(fixture, listening.listener, READ), 'READ');
      assert.equal([...waitSet(fixture, set)], [[listening.listener, 'READ']]);
    }
    giveBack(1);
    assert.is(recv(fixture, ok(kernel.accept(listening.listener))), 'patience');
  });

  row('accept without a free descriptor answers MFILE also on an empty queue', (fixture) => {
    const { listener } = listen(fixture);
    fixture.peers.exhaustDescriptors();
    assert.is(show(fixture.kernel.accept(listener)), '-MFILE');
  });

  row('a descriptor that is closed can be taken by accept at once', (fixture) => {
    const { kernel, peers } = fixture;
    const listening = listen(fixture);
    const { handle } = acceptOne(fixture, listening);
    peers.connect(listening.address);
    peers.settle();
    peers.exhaustDescriptors();
    assert.is(show(kernel.accept(listening.listener)), '-MFILE');
    ok(kernel.close(handle));
    ok(kernel.accept(listening.listener));
  });
}

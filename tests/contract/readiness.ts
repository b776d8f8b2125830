// The contract of readiness: the course's four conditions for readable and three for writable, the
// table of blocking and non-blocking reads and writes, and the bits beyond: ERROR, HANGUP,
// READ_HANGUP. Each row asks waitFew and a set: they have to agree.

import * as assert from 'uvu/assert';
import { Mode, Readiness, Shutdown } from '../../host/kernel/kernel.ts';
import {
  acceptOne,
  connect,
  fill,
  listen,
  ok,
  openContract,
  PATIENCE_NS,
  patternText,
  put,
  readyNow,
  recv,
  send,
  show,
  type Skips,
  waitReady,
  waitSet,
  watchOne,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

export function readinessContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('readiness', makeKernel, skips);
  readableRows(contract.row);
  writableRows(contract.row);
  blockingRows(contract.row);
  hangupRows(contract.row);
  severalRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function readableRows(row: Row): void {
  row('a connection at rest is writable and not readable', (fixture) => {
    const { handle } = connect(fixture);
    assert.is(readyNow(fixture, handle, READ), '');
    assert.is(readyNow(fixture, handle, READ | WRITE | READ_HANGUP), 'WRITE');
  });

  row('readable, 1 of 4: data is there, and recv gives it', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abc');
    fixture.peers.settle();
    assert.is(readyNow(fixture, handle, READ), 'READ');
    assert.is(recv(fixture, handle), 'abc');
    assert.is(readyNow(fixture, handle, READ), '');
  });

  row('readable, 2 of 4: the peer ended its side, and recv answers 0', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.endSending();
    fixture.peers.settle();
    assert.is(readyNow(fixture, handle, READ), 'READ');
    assert.is(recv(fixture, handle), '');
    assert.is(readyNow(fixture, handle, READ), 'READ');
  });

  row('readable, 3 of 4: a listener has a completed connection, and accept takes it', (fixture) => {
    const listening = listen(fixture);
    fixture.peers.connect(listening.address);
    fixture.peers.settle();
    assert.is(readyNow(fixture, listening.listener, READ), 'READ');
    ok(fixture.kernel.accept(listening.listener));
  });

  row('readable, 4 of 4: an error is pending, and recv gives it', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    assert.is(readyNow(fixture, handle, READ), 'READ|ERROR|HANGUP');
    assert.is(recv(fixture, handle), '-CONNRESET');
  });
}

function writableRows(row: Row): void {
  row('writable, 1 of 3: there is room, and send takes bytes', (fixture) => {
    const { handle } = connect(fixture);
    assert.is(readyNow(fixture, handle, WRITE), 'WRITE');
    assert.is(send(fixture, handle, 'abc'), 3);
  });

  row('writable, 2 of 3: the write half is closed, and send answers PIPE', (fixture) => {
    const { handle } = connect(fixture);
    ok(fixture.kernel.shutdown(handle, Shutdown.WRITE));
    assert.is(readyNow(fixture, handle, WRITE), 'WRITE');
    assert.is(send(fixture, handle, 'x'), '-PIPE');
  });

  row('writable, 3 of 3: an error is pending, and send gives it', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    assert.is(readyNow(fixture, handle, WRITE), 'WRITE|ERROR|HANGUP');
    assert.is(send(fixture, handle, 'x'), '-CONNRESET');
  });

  row('a full socket is writable when an error is pending', (fixture) => {
    const { handle, peer } = connect(fixture);
    fill(fixture, handle);
    assert.is(readyNow(fixture, handle, WRITE), '');
    peer.reset();
    fixture.peers.settle();
    assert.is(readyNow(fixture, handle, WRITE), 'WRITE|ERROR|HANGUP');
  });
}

function blockingRows(row: Row): void {
  row('read with data: both modes come back at once', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abc');
    fixture.peers.settle();
    assert.is(waitReady(fixture, handle, READ), 'READ');
    assert.is(recv(fixture, handle), 'abc');
  });

  row('read without data: AGAIN, or a wait that ends when data comes', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    peers.later({ act: 'connect', address });
    waitReady(fixture, listener, READ);
    const handle = ok(kernel.accept(listener));
    assert.is(recv(fixture, handle), '-AGAIN');
    peers.later({ act: 'send', text: 'at last' });
    assert.is(waitReady(fixture, handle, READ), 'READ');
    assert.is(recv(fixture, handle), 'at last');
  });

  row('write with room: send takes all of a small piece in both modes', (fixture) => {
    const { handle } = connect(fixture);
    assert.is(send(fixture, handle, patternText(0, 1000)), 1000);
  });

  row('write without room: AGAIN, or waits and sends until all is taken', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    peers.later({ act: 'connect', address });
    waitReady(fixture, listener, READ);
    const handle = ok(kernel.accept(listener));
    fill(fixture, handle);
    peers.later({ act: 'drain' });
    put(fixture, patternText(0, 60_000));
    for (let sentBytes = 0; sentBytes < 60_000;) {
      const taken = kernel.send(handle, sentBytes, 60_000 - sentBytes);
      if (taken < 0) {
        assert.is(show(taken), '-AGAIN');
        assert.is(waitReady(fixture, handle, WRITE), 'WRITE');
      } else sentBytes += taken;
    }
  });

  row('a wait on a set ends when a connection comes', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    const set = watchOne(fixture, listener, READ);
    peers.later({ act: 'connect', address });
    const events = waitSet(fixture, set, { timeoutNs: PATIENCE_NS });
    assert.equal([...events], [[listener, 'READ']]);
    ok(kernel.accept(listener));
  });
}

function hangupRows(row: Row): void {
  row('a peer that only ended its side is not hung up', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.endSending();
    fixture.peers.settle();
    assert.is(readyNow(fixture, handle, READ), 'READ');
    assert.is(readyNow(fixture, handle, WRITE), 'WRITE');
    assert.is(readyNow(fixture, handle, READ | WRITE), 'READ|WRITE');
  });

  row('READ_HANGUP is reported only where interest asks for it', (fixture) => {
    const { handle, peer } = connect(fixture);
    assert.is(readyNow(fixture, handle, READ_HANGUP), '');
    peer.endSending();
    fixture.peers.settle();
    assert.is(readyNow(fixture, handle, READ_HANGUP), 'READ_HANGUP');
    assert.is(readyNow(fixture, handle, READ | READ_HANGUP), 'READ|READ_HANGUP');
  });

  row('when both halves are closed it is hung up, whatever the interest', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.endSending();
    ok(fixture.kernel.shutdown(handle, Shutdown.WRITE));
    fixture.peers.settle();
    assert.is(readyNow(fixture, handle, READ), 'READ|HANGUP');
    assert.is(readyNow(fixture, handle, WRITE), 'WRITE|HANGUP');
    assert.is(readyNow(fixture, handle, READ_HANGUP), 'HANGUP|READ_HANGUP');
  });

  row('an error is reported whatever the interest, and reporting does not take it', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    for (let round = 0; round < 3; round++) {
      assert.is(readyNow(fixture, handle, READ), 'READ|ERROR|HANGUP');
      assert.is(readyNow(fixture, handle, READ_HANGUP), 'ERROR|HANGUP|READ_HANGUP');
    }
    assert.is(fixture.kernel.takeError(handle), 15);
  });

  row('once its error was taken a reset connection stays hung up', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    assert.is(recv(fixture, handle), '-CONNRESET');
    assert.is(readyNow(fixture, handle, READ), 'READ|HANGUP');
    assert.is(readyNow(fixture, handle, WRITE), 'WRITE|HANGUP');
  });
}

function severalRows(row: Row): void {
  row('both handles of a socket are ready for the same', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const second = ok(kernel.dup(handle));
    const set = watchOne(fixture, handle, READ);
    ok(kernel.watch(set, second, READ, Mode.LEVEL));
    peer.send('x');
    peers.settle();
    const events = waitSet(fixture, set);
    assert.equal([events.get(handle), events.get(second)], ['READ', 'READ']);
  });

  row('what one connection is ready for says nothing of another', (fixture) => {
    const listening = listen(fixture);
    const first = acceptOne(fixture, listening);
    const second = acceptOne(fixture, listening);
    first.peer.send('x');
    fixture.peers.settle();
    assert.is(readyNow(fixture, first.handle, READ), 'READ');
    assert.is(readyNow(fixture, second.handle, READ), '');
  });
}

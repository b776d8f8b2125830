// The contract of `send`, `sendVectors` and `shutdown`: how much is taken, when there is room, and
// what a connection that is over answers.

import * as assert from 'uvu/assert';
import { Readiness, Shutdown, SocketOption } from '../../host/kernel/kernel.ts';
import {
  connect,
  fill,
  type Fixture,
  listen,
  MEMORY_BYTES,
  ok,
  openContract,
  patternText,
  put,
  readyFew,
  readyNow,
  recv,
  send,
  show,
  type Skips,
  waitReady,
} from './contract.ts';
import type { MakeKernel, Peer } from './peers.ts';
import { OUTSIDE } from './recv.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

export function sendContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('send', makeKernel, skips);
  dataRows(contract.row);
  roomRows(contract.row);
  endRows(contract.row);
  resetRows(contract.row);
  shutdownRows(contract.row);
  shutdownErrorRows(contract.row);
  vectorRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function dataRows(row: Row): void {
  row('send gives the peer what is in the memory', (fixture) => {
    const { handle, peer } = connect(fixture);
    put(fixture, '..abc..', 100);
    assert.is(fixture.kernel.send(handle, 102, 3), 3);
    fixture.peers.settle();
    assert.equal(peer.receive(), { text: 'abc', then: 'open' });
  });

  row('a send of 0 bytes answers 0 and sends nothing', (fixture) => {
    const { handle, peer } = connect(fixture);
    assert.is(show(fixture.kernel.send(handle, 0, 0)), 0);
    fixture.peers.settle();
    assert.equal(peer.receive(), { text: '', then: 'open' });
  });

  row('send outside the memory answers FAULT and sends nothing', (fixture) => {
    const { handle, peer } = connect(fixture);
    for (const [pointer, length] of OUTSIDE) {
      assert.is(show(fixture.kernel.send(handle, pointer, length)), '-FAULT');
    }
    fixture.peers.settle();
    assert.is(peer.receive().text, '');
    assert.is(show(fixture.kernel.send(handle, MEMORY_BYTES - 1, 1)), 1);
  });

  row('send on a handle that was never opened answers BADF', (fixture) => {
    assert.is(send(fixture, 1234, 'x'), '-BADF');
  });

  row('send on a socket that was never connected answers PIPE', (fixture) => {
    assert.is(send(fixture, ok(fixture.kernel.open('ipv4')), 'x'), '-PIPE');
    assert.is(send(fixture, listen(fixture).listener, 'x'), '-PIPE');
  });

  row(
    'send on a stream answers NOTSOCK',
    (fixture) => assert.is(send(fixture, ok(fixture.kernel.openStdio(1)), 'x'), '-NOTSOCK'),
    ['none', 'pipe', 'none'],
  );
}

function roomRows(row: Row): void {
  row('send takes what there is room for, the rest of a piece stays with the caller', (fixture) => {
    const { handle } = connectSized(fixture);
    put(fixture, patternText(0, MEMORY_BYTES));
    const taken: number[] = [];
    for (;;) {
      const count = fixture.kernel.send(handle, 0, MEMORY_BYTES);
      if (count < 0) {
        assert.is(show(count), '-AGAIN');
        break;
      }
      taken.push(count);
    }
    assert.ok(taken.every((count) => count > 0 && count <= MEMORY_BYTES));
    assert.ok(
      taken.some((count) => count < MEMORY_BYTES),
      'no send was cut',
    );
  });

  row('a full socket answers AGAIN and is not writable', (fixture) => {
    const { handle } = connectSized(fixture);
    fill(fixture, handle);
    assert.is(send(fixture, handle, 'x'), '-AGAIN');
    assert.is(readyNow(fixture, handle, READ | WRITE), '');
  });

  row('a full socket is writable again after the peer has read, and no byte is lost', (fixture) => {
    const { handle, peer } = connectSized(fixture);
    let sentBytes = fill(fixture, handle);
    let received = '';
    for (let round = 0; round < 3; round++) {
      received += receiveAll(fixture, peer);
      assert.is(waitReady(fixture, handle, WRITE), 'WRITE');
      sentBytes += fill(fixture, handle, sentBytes);
    }
    received += receiveAll(fixture, peer);
    assert.is(received.length, sentBytes);
    assert.ok(received === patternText(0, sentBytes), 'the bytes are not those that were sent');
  });

  row(
    'one free byte does not make a full socket writable, only a good part of its buffer',
    (fixture) => {
      // The course notes say that one free byte is enough. To be woken for each byte would cost
      // more than it gives: Linux waits for a third of the send buffer.
      const { handle, peer } = connectSized(fixture);
      const roomBytes = fill(fixture, handle);
      assert.is(peer.receive(1).text.length, 1);
      fixture.peers.settle();
      assert.is(readyFew(fixture, handle, WRITE), '');
      while (readyFew(fixture, handle, WRITE) === '') {
        assert.is.not(peer.receive(4096).text, '', 'all was read, and it is still not writable');
        fixture.peers.settle();
      }
      const againBytes = fill(fixture, handle, roomBytes);
      assert.ok(againBytes > roomBytes / 16, `took ${againBytes}, empty ${roomBytes}`);
    },
  );
}

function endRows(row: Row): void {
  row('sending goes on after the peer has ended its side', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.endSending();
    fixture.peers.settle();
    assert.is(recv(fixture, handle), '');
    assert.is(send(fixture, handle, 'reply'), 5);
    assert.is(send(fixture, handle, ' and more'), 9);
    fixture.peers.settle();
    assert.equal(peer.receive(), { text: 'reply and more', then: 'open' });
  });

  row('the first send after the peer has closed succeeds, the next answers PIPE', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.close();
    fixture.peers.settle();
    assert.is(recv(fixture, handle), '');
    assert.is(send(fixture, handle, 'x'), 1);
    fixture.peers.settle();
    assert.is(
      readyNow(fixture, handle, READ | WRITE | READ_HANGUP),
      'READ|WRITE|ERROR|HANGUP|READ_HANGUP',
    );
    assert.equal([send(fixture, handle, 'x'), send(fixture, handle, 'x')], ['-PIPE', '-PIPE']);
    assert.is(recv(fixture, handle), '');
  });

  row('a unix peer that has closed is known at once: the first send answers PIPE', (fixture) => {
    const { handle, peer } = connect(fixture, 'unix');
    peer.close();
    assert.is(
      readyNow(fixture, handle, READ | WRITE | READ_HANGUP),
      'READ|WRITE|HANGUP|READ_HANGUP',
    );
    assert.is(recv(fixture, handle), '');
    assert.is(send(fixture, handle, 'x'), '-PIPE');
  });

  row('the error of a reset that answers a send to a closed peer is PIPE', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.close();
    fixture.peers.settle();
    assert.is(send(fixture, handle, 'x'), 1);
    fixture.peers.settle();
    assert.equal([fixture.kernel.takeError(handle), fixture.kernel.takeError(handle)], [64, 0]);
    assert.is(recv(fixture, handle), '');
  });
}

function resetRows(row: Row): void {
  row('a send after a reset answers CONNRESET once and then PIPE', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    const sent = [send(fixture, handle, 'x'), send(fixture, handle, 'x')];
    assert.equal(sent, ['-CONNRESET', '-PIPE']);
    assert.is(recv(fixture, handle), '');
  });

  row('a send after a reset that recv has reported answers PIPE', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    assert.is(recv(fixture, handle), '-CONNRESET');
    assert.equal([send(fixture, handle, 'x'), send(fixture, handle, 'x')], ['-PIPE', '-PIPE']);
  });

  row('a send of 0 bytes after a reset answers CONNRESET', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    assert.is(show(fixture.kernel.send(handle, 0, 0)), '-CONNRESET');
  });
}

function shutdownRows(row: Row): void {
  row('a shutdown of WRITE ends the stream for the peer, after what was sent', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    send(fixture, handle, 'all');
    assert.is(kernel.shutdown(handle, Shutdown.WRITE), 0);
    peers.settle();
    assert.equal(peer.receive(), { text: 'all', then: 'end' });
    peer.send('answer');
    peers.settle();
    assert.is(recv(fixture, handle), 'answer');
  });

  row('a send after a local shutdown of WRITE answers PIPE, and raises no signal', (fixture) => {
    const { handle } = connect(fixture);
    ok(fixture.kernel.shutdown(handle, Shutdown.WRITE));
    assert.equal([send(fixture, handle, 'x'), send(fixture, handle, 'x')], ['-PIPE', '-PIPE']);
  });

  row('a second shutdown of WRITE answers 0', (fixture) => {
    const { handle } = connect(fixture);
    ok(fixture.kernel.shutdown(handle, Shutdown.WRITE));
    assert.is(show(fixture.kernel.shutdown(handle, Shutdown.WRITE)), 0);
  });

  row('a shutdown of BOTH ends both sides', (fixture) => {
    const { handle, peer } = connect(fixture);
    assert.is(fixture.kernel.shutdown(handle, Shutdown.BOTH), 0);
    fixture.peers.settle();
    assert.is(peer.receive().then, 'end');
    assert.is(recv(fixture, handle), '');
    assert.is(send(fixture, handle, 'x'), '-PIPE');
  });

  row('a shutdown reaches every handle of the socket', (fixture) => {
    const { handle, peer } = connect(fixture);
    const second = ok(fixture.kernel.dup(handle));
    ok(fixture.kernel.shutdown(second, Shutdown.WRITE));
    fixture.peers.settle();
    assert.is(send(fixture, handle, 'x'), '-PIPE');
    assert.is(peer.receive().then, 'end');
  });
}

function shutdownErrorRows(row: Row): void {
  row('a shutdown of no direction answers INVAL', (fixture) => {
    const { handle } = connect(fixture);
    for (const how of [0, 4, -1]) {
      assert.is(show(fixture.kernel.shutdown(handle, how as Shutdown)), '-INVAL');
    }
    assert.is(send(fixture, handle, 'x'), 1);
  });

  row('a shutdown answers NOTCONN when not connected or no longer', (fixture) => {
    const { kernel, peers } = fixture;
    const fresh = ok(kernel.open('ipv4'));
    const { handle, peer } = connect(fixture);
    peer.reset();
    peers.settle();
    for (const how of [Shutdown.READ, Shutdown.WRITE, Shutdown.BOTH]) {
      assert.is(show(kernel.shutdown(fresh, how)), '-NOTCONN');
      assert.is(show(kernel.shutdown(handle, how)), '-NOTCONN');
    }
  });

  row(
    'a shutdown answers NOTSOCK for a stream and BADF for a handle that is not open',
    ({ kernel }) => {
      assert.is(show(kernel.shutdown(ok(kernel.openStdio(0)), Shutdown.WRITE)), '-NOTSOCK');
      assert.is(show(kernel.shutdown(1234, Shutdown.WRITE)), '-BADF');
    },
    ['pipe', 'none', 'none'],
  );
}

function vectorRows(row: Row): void {
  row('sendVectors sends its pieces in order', (fixture) => {
    const { handle, peer } = connect(fixture);
    put(fixture, 'abc', 200);
    put(fixture, 'de', 100);
    fixture.kernel.vectors.set([200, 3, 100, 2, 201, 1]);
    assert.is(show(fixture.kernel.sendVectors(handle, 3)), 6);
    fixture.peers.settle();
    assert.is(peer.receive().text, 'abcdeb');
  });

  row('sendVectors takes 1,024 pieces, and more are INVAL', (fixture) => {
    const { handle, peer } = connect(fixture);
    const { kernel } = fixture;
    put(fixture, patternText(0, 1024));
    for (let index = 0; index < 1024; index++) kernel.vectors.set([1023 - index, 1], 2 * index);
    assert.is(show(kernel.sendVectors(handle, 1025)), '-INVAL');
    assert.is(show(kernel.sendVectors(handle, 1024)), 1024);
    fixture.peers.settle();
    assert.is(peer.receive().text, [...patternText(0, 1024)].reverse().join(''));
  });

  row('sendVectors without a piece answers 0', (fixture) => {
    assert.is(show(fixture.kernel.sendVectors(connect(fixture).handle, 0)), 0);
  });

  row(
    'sendVectors with one piece outside the memory answers FAULT and sends nothing',
    (fixture) => {
      const { handle, peer } = connect(fixture);
      for (const [pointer, length] of OUTSIDE) {
        fixture.kernel.vectors.set([0, 1, pointer, length]);
        assert.is(show(fixture.kernel.sendVectors(handle, 2)), '-FAULT');
      }
      fixture.peers.settle();
      assert.is(peer.receive().text, '');
    },
  );

  row('sendVectors answers as send does: PIPE, CONNRESET, BADF', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    kernel.vectors.set([0, 2, 2, 2]);
    assert.is(show(kernel.sendVectors(1234, 2)), '-BADF');
    peer.reset();
    peers.settle();
    assert.is(show(kernel.sendVectors(handle, 2)), '-CONNRESET');
    assert.is(show(kernel.sendVectors(handle, 2)), '-PIPE');
  });
}

/** A connection with a send buffer that does not grow, of many segments: see {@link fill}. */
function connectSized(fixture: Fixture): { handle: number; peer: Peer } {
  const connected = connect(fixture);
  ok(fixture.kernel.setOption(connected.handle, SocketOption.SEND_BUFFER, 262_144));
  return connected;
}

/** Everything that is on its way to a peer. */
function receiveAll({ peers }: Fixture, peer: Peer): string {
  let all = '';
  for (;;) {
    peers.settle();
    const { text } = peer.receive();
    if (text === '') return all;
    all += text;
  }
}

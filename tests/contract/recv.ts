// The contract of `recv` and `recvVectors`: what comes in which order, and each error once.

import * as assert from 'uvu/assert';
import { Readiness, RECV_PEEK, Shutdown } from '../../host/kernel/kernel.ts';
import {
  connect,
  get,
  listen,
  MEMORY_BYTES,
  ok,
  openContract,
  patternText,
  put,
  readyNow,
  recv,
  send,
  show,
  type Skips,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

export function recvContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('recv', makeKernel, skips);
  dataRows(contract.row);
  peekRows(contract.row);
  endRows(contract.row);
  resetRows(contract.row);
  memoryRows(contract.row);
  vectorRows(contract.row);
  vectorLimitRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function dataRows(row: Row): void {
  row('recv without data answers AGAIN', (fixture) => {
    assert.is(recv(fixture, connect(fixture).handle), '-AGAIN');
  });

  row('recv gives what there is, and then AGAIN', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abc');
    fixture.peers.settle();
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['abc', '-AGAIN']);
  });

  row('recv gives no more than was asked, and the rest later', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abcdef');
    fixture.peers.settle();
    assert.equal([recv(fixture, handle, 4), recv(fixture, handle, 4)], ['abcd', 'ef']);
  });

  row('what was sent in pieces is one stream', (fixture) => {
    const { handle, peer } = connect(fixture);
    for (const piece of ['ab', 'c', 'def']) peer.send(piece);
    fixture.peers.settle();
    assert.is(recv(fixture, handle), 'abcdef');
  });

  row('every value of a byte is received unchanged', (fixture) => {
    const { handle, peer } = connect(fixture);
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');
    peer.send(all);
    fixture.peers.settle();
    assert.is(recv(fixture, handle), all);
  });
}

function peekRows(row: Row): void {
  row('PEEK leaves the bytes in the socket', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abc');
    fixture.peers.settle();
    assert.is(recv(fixture, handle, 2, RECV_PEEK), 'ab');
    assert.is(readyNow(fixture, handle, READ), 'READ');
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['abc', '-AGAIN']);
  });

  row('PEEK without data answers AGAIN, and at the end 0', (fixture) => {
    const { handle, peer } = connect(fixture);
    assert.is(recv(fixture, handle, 2, RECV_PEEK), '-AGAIN');
    peer.endSending();
    fixture.peers.settle();
    assert.is(recv(fixture, handle, 2, RECV_PEEK), '');
    assert.is(recv(fixture, handle), '');
  });

  row('recv with a flag other than PEEK answers INVAL and takes no data', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abc');
    fixture.peers.settle();
    assert.is(recv(fixture, handle, 4096, 2), '-INVAL');
    assert.is(recv(fixture, handle), 'abc');
  });

  row('a recv of 0 bytes answers AGAIN without data and 0 with data, and takes none', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    assert.is(show(kernel.recv(handle, 0, 0, 0)), '-AGAIN');
    peer.send('abc');
    peers.settle();
    assert.is(show(kernel.recv(handle, 0, 0, 0)), 0);
    assert.is(recv(fixture, handle), 'abc');
  });
}

function endRows(row: Row): void {
  row('after the end of the peer recv answers 0 for ever', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.endSending();
    fixture.peers.settle();
    const received = [recv(fixture, handle), recv(fixture, handle), recv(fixture, handle)];
    assert.equal(received, ['', '', '']);
  });

  row('data that came before the end is received before it', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('last words');
    peer.endSending();
    fixture.peers.settle();
    assert.is(recv(fixture, handle, 4), 'last');
    assert.equal([recv(fixture, handle), recv(fixture, handle)], [' words', '']);
  });

  row('a peer that closes without unread data ends its side', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('bye');
    peer.close();
    fixture.peers.settle();
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['bye', '']);
  });

  row(
    'after a local shutdown of READ recv answers 0, and data that comes later is received',
    (fixture) => {
      const { handle, peer } = connect(fixture);
      assert.is(fixture.kernel.shutdown(handle, Shutdown.READ), 0);
      assert.is(readyNow(fixture, handle, READ | WRITE | READ_HANGUP), 'READ|WRITE|READ_HANGUP');
      assert.is(recv(fixture, handle), '');
      peer.send('late');
      fixture.peers.settle();
      assert.equal([recv(fixture, handle), recv(fixture, handle)], ['late', '']);
    },
  );
}

function resetRows(row: Row): void {
  row('a reset gives CONNRESET once and then 0 for ever', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    assert.is(recv(fixture, handle), '-CONNRESET');
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['', '']);
    assert.is(show(fixture.kernel.takeError(handle)), 0);
  });

  row('data that came before a reset is received before its error', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('0123456789');
    peer.reset();
    fixture.peers.settle();
    assert.is(recv(fixture, handle, 4), '0123');
    assert.is(recv(fixture, handle, 6), '456789');
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['-CONNRESET', '']);
  });

  row('a peer that closes with unread data resets the connection', (fixture) => {
    const { handle, peer } = connect(fixture);
    assert.is(send(fixture, handle, 'never read'), 10);
    fixture.peers.settle();
    peer.close();
    fixture.peers.settle();
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['-CONNRESET', '']);
  });

  row('a reset whose error another call took leaves only the end', (fixture) => {
    const bySend = connect(fixture);
    const byQuestion = connect(fixture);
    bySend.peer.reset();
    byQuestion.peer.reset();
    fixture.peers.settle();
    assert.is(send(fixture, bySend.handle, 'x'), '-CONNRESET');
    assert.is(fixture.kernel.takeError(byQuestion.handle), 15);
    assert.is(recv(fixture, bySend.handle), '');
    assert.is(recv(fixture, byQuestion.handle), '');
  });

  row('a unix peer that closes with unread data resets the connection too', (fixture) => {
    const { handle, peer } = connect(fixture, 'unix');
    send(fixture, handle, 'never read');
    peer.close();
    assert.is(
      readyNow(fixture, handle, READ | WRITE | READ_HANGUP),
      'READ|WRITE|ERROR|HANGUP|READ_HANGUP',
    );
    assert.equal([recv(fixture, handle), recv(fixture, handle)], ['-CONNRESET', '']);
  });

  row('recv on a handle that is not connected answers NOTCONN', (fixture) => {
    assert.is(recv(fixture, ok(fixture.kernel.open('ipv4'))), '-NOTCONN');
    assert.is(recv(fixture, listen(fixture).listener), '-NOTCONN');
  });

  row('recv on a handle that was never opened answers BADF', (fixture) => {
    assert.is(recv(fixture, 1234), '-BADF');
  });

  row(
    'recv on a stream answers NOTSOCK',
    (fixture) => assert.is(recv(fixture, ok(fixture.kernel.openStdio(0))), '-NOTSOCK'),
    ['pipe', 'none', 'none'],
  );
}

function memoryRows(row: Row): void {
  row('recv writes into its piece of memory and nowhere else', (fixture) => {
    const { handle, peer } = connect(fixture);
    fixture.memory.fill(0x2e);
    peer.send('abcdef');
    fixture.peers.settle();
    assert.is(fixture.kernel.recv(handle, 100, 4, 0), 4);
    assert.is(get(fixture, 8, 98), '..abcd..');
  });

  row('recv reaches the last byte of the memory', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abc');
    fixture.peers.settle();
    assert.is(fixture.kernel.recv(handle, MEMORY_BYTES - 3, 3, 0), 3);
    assert.is(get(fixture, 3, MEMORY_BYTES - 3), 'abc');
  });

  row('recv outside the memory answers FAULT and takes no data', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('abc');
    fixture.peers.settle();
    for (const [pointer, length] of OUTSIDE) {
      assert.is(show(fixture.kernel.recv(handle, pointer, length, 0)), '-FAULT');
    }
    assert.is(recv(fixture, handle), 'abc');
  });

  row('memory that was attached anew is used from then on', (fixture) => {
    const { handle, peer } = connect(fixture);
    const grown = new Uint8Array(new ArrayBuffer(2 * MEMORY_BYTES));
    fixture.kernel.attach(grown.buffer);
    peer.send('abc');
    fixture.peers.settle();
    assert.is(fixture.kernel.recv(handle, MEMORY_BYTES, 8, 0), 3);
    assert.is(Buffer.from(grown.buffer, MEMORY_BYTES, 3).toString(), 'abc');
    assert.ok(fixture.memory.every((byte) => byte === 0));
  });
}

/** Pieces (pointer, length) that are not inside a memory of {@link MEMORY_BYTES}. */
export const OUTSIDE: readonly (readonly [number, number])[] = [
  [MEMORY_BYTES - 3, 4],
  [MEMORY_BYTES, 1],
  [0xffff_ffff, 1],
  [4, 0xffff_ffff],
  [0xffff_fff0, 0x20],
];

function vectorRows(row: Row): void {
  row('recvVectors fills its pieces in order', (fixture) => {
    const { handle, peer } = connect(fixture);
    const { kernel } = fixture;
    peer.send('abcdefgh');
    fixture.peers.settle();
    fixture.memory.fill(0x2e);
    kernel.vectors.set([200, 3, 100, 2, 300, 10]);
    assert.is(show(kernel.recvVectors(handle, 3, 0)), 8);
    assert.equal(
      [get(fixture, 4, 200), get(fixture, 3, 100), get(fixture, 4, 300)],
      ['abc.', 'de.', 'fgh.'],
    );
  });

  row('recvVectors without a piece answers as a recv of 0 bytes does', (fixture) => {
    const { handle, peer } = connect(fixture);
    assert.is(show(fixture.kernel.recvVectors(handle, 0, 0)), '-AGAIN');
    peer.send('abc');
    fixture.peers.settle();
    assert.is(show(fixture.kernel.recvVectors(handle, 0, 0)), 0);
    assert.is(recv(fixture, handle), 'abc');
  });

  row('recvVectors answers as recv does: AGAIN, PEEK, the end, the reset', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const reset = connect(fixture);
    kernel.vectors.set([0, 2, 2, 2]);
    assert.is(show(kernel.recvVectors(handle, 2, 0)), '-AGAIN');
    peer.send('abc');
    peer.endSending();
    reset.peer.reset();
    peers.settle();
    assert.is(show(kernel.recvVectors(handle, 2, RECV_PEEK)), 3);
    assert.is(show(kernel.recvVectors(handle, 2, 0)), 3);
    assert.is(show(kernel.recvVectors(handle, 2, 0)), 0);
    assert.is(show(kernel.recvVectors(reset.handle, 2, 0)), '-CONNRESET');
    assert.is(show(kernel.recvVectors(1234, 2, 0)), '-BADF');
  });
}

function vectorLimitRows(row: Row): void {
  row('recvVectors takes 1,024 pieces, and more are INVAL', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    assert.is(kernel.vectors.length, 2 * 1024);
    const sent = patternText(0, 1024);
    peer.send(sent);
    peers.settle();
    // Backwards, so that the order of the pieces shows.
    for (let index = 0; index < 1024; index++) kernel.vectors.set([1023 - index, 1], 2 * index);
    assert.is(show(kernel.recvVectors(handle, 1025, 0)), '-INVAL');
    assert.is(show(kernel.recvVectors(handle, 1024, 0)), 1024);
    assert.is([...get(fixture, 1024)].reverse().join(''), sent);
  });

  row(
    'recvVectors with one piece outside the memory answers FAULT and takes no data',
    (fixture) => {
      const { kernel, peers } = fixture;
      const { handle, peer } = connect(fixture);
      peer.send('abc');
      peers.settle();
      for (const [pointer, length] of OUTSIDE) {
        kernel.vectors.set([0, 1, pointer, length]);
        assert.is(show(kernel.recvVectors(handle, 2, 0)), '-FAULT');
      }
      assert.is(recv(fixture, handle), 'abc');
    },
  );

  row('the table of pieces is no part of the memory', (fixture) => {
    put(fixture, 'xxxxxxxx');
    fixture.kernel.vectors.set([1, 2]);
    assert.is(get(fixture, 8), 'xxxxxxxx');
  });
}

// The contract of handles: indices, generations, `close`, `dup` and `destroy`.

import * as assert from 'uvu/assert';
import {
  type ClockId,
  FileType,
  handleIndex,
  type Kernel,
  Mode,
  Readiness,
  Shutdown,
  SocketOption,
} from '../../host/kernel/kernel.ts';
import { FewList } from '../../host/kernel/ready-list.ts';
import {
  acceptOne,
  connect,
  listen,
  ok,
  openContract,
  recv,
  send,
  show,
  type Skips,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ } = Readiness;

export function handlesContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('handles', makeKernel, skips);
  indexRows(contract.row);
  oddNumberRows(contract.row);
  closeRows(contract.row);
  dupRows(contract.row);
  destroyRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

/** Every call that takes a handle, each with arguments that are right but for the handle. */
function callsWith(kernel: Kernel, handle: number): Record<string, number> {
  const free = { family: 'ipv4', host: '127.0.0.1', port: 0 } as const;
  const set = ok(kernel.openSet());
  const calls = {
    bind: kernel.bind(handle, free),
    listen: kernel.listen(handle, 1),
    connect: kernel.connect(handle, free),
    accept: kernel.accept(handle),
    recv: kernel.recv(handle, 0, 1, 0),
    recvVectors: kernel.recvVectors(handle, 1, 0),
    send: kernel.send(handle, 0, 1),
    sendVectors: kernel.sendVectors(handle, 1),
    shutdown: kernel.shutdown(handle, Shutdown.WRITE),
    dup: kernel.dup(handle),
    takeError: kernel.takeError(handle),
    setOption: kernel.setOption(handle, SocketOption.LINGER, -1),
    getOption: kernel.getOption(handle, SocketOption.LINGER),
    localAddress: kernel.localAddress(handle) as number,
    peerAddress: kernel.peerAddress(handle) as number,
    fileType: kernel.fileType(handle),
    stopQueueing: kernel.stopQueueing(handle),
    read: kernel.read(handle, 0, 1),
    write: kernel.write(handle, 0, 1),
    watch: kernel.watch(set, handle, READ, Mode.LEVEL),
    unwatch: kernel.unwatch(set, handle),
    close: kernel.close(handle),
  };
  ok(kernel.closeSet(set));
  return calls;
}

function assertAllBadf(kernel: Kernel, handle: number): void {
  for (const [name, result] of Object.entries(callsWith(kernel, handle))) {
    assert.is(show(result), '-BADF', `${name} of ${handle}`);
  }
}

function indexRows(row: Row): void {
  row('a handle is positive and its index is dense from 0', ({ kernel }) => {
    const handles = [kernel.open('ipv4'), kernel.open('ipv4'), kernel.open('ipv4')].map(ok);
    assert.ok(handles.every((handle) => handle > 0));
    assert.equal(handles.map(handleIndex), [0, 1, 2]);
  });

  row('the lowest free index is taken first', (fixture) => {
    const { kernel } = fixture;
    const [, second, third] = [0, 0, 0, 0].map(() => ok(kernel.open('ipv4')));
    ok(kernel.close(third as number));
    ok(kernel.close(second as number));
    const again = [ok(kernel.open('ipv4')), ok(kernel.open('ipv4')), ok(kernel.open('ipv4'))];
    assert.equal(again.map(handleIndex), [1, 2, 4]);
  });

  row(
    'accept, dup and openStdio take the lowest free index too',
    (fixture) => {
      const { kernel } = fixture;
      const listening = listen(fixture);
      assert.is(handleIndex(listening.listener), 0);
      assert.is(handleIndex(acceptOne(fixture, listening).handle), 1);
      assert.is(handleIndex(ok(kernel.dup(listening.listener))), 2);
      assert.is(handleIndex(ok(kernel.openStdio(0))), 3);
    },
    ['pipe', 'none', 'none'],
  );

  row('one owner of an index after another has a handle of its own', ({ kernel }) => {
    const seen = new Set<number>();
    for (let count = 0; count < 2047; count++) {
      const handle = ok(kernel.open('unix'));
      assert.is(handleIndex(handle), 0);
      assert.not(seen.has(handle), `the handle came again after ${count} reuses`);
      seen.add(handle);
      ok(kernel.close(handle));
    }
  });

  row('handles stay positive when the generations begin anew', ({ kernel }) => {
    for (let count = 0; count < 5000; count++) {
      const handle = ok(kernel.open('unix'));
      assert.ok(handle > 0 && handle < 2 ** 31);
      ok(kernel.close(handle));
    }
  });

  row('what was never a handle answers BADF in every call', ({ kernel }) => {
    for (const handle of [0, 1, 1234, (1 << 20) - 1, 2 ** 31 - 1, -1, -(2 ** 31)]) {
      assertAllBadf(kernel, handle);
    }
  });
}

function oddNumberRows(row: Row): void {
  row('no call throws, whatever numbers it is given', (fixture) => {
    const { kernel } = fixture;
    const { handle, listener } = connect(fixture);
    const odd = [NaN, Infinity, -Infinity, 0.5, -0, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e300];
    const set = ok(kernel.openSet());
    for (const first of [handle, listener, ...odd]) {
      for (const second of odd) {
        const results = [
          kernel.listen(first, second),
          kernel.recv(first, second, second, second),
          kernel.recvVectors(first, second, second),
          kernel.send(first, second, second),
          kernel.sendVectors(first, second),
          kernel.read(first, second, second),
          kernel.write(first, second, second),
          kernel.setOption(first, second as SocketOption, second),
          kernel.shutdown(first, second as Shutdown),
          kernel.stopQueueing(second),
          kernel.watch(set, first, second, second as Mode),
          kernel.watch(second, first, READ, Mode.LEVEL),
          kernel.unwatch(second, first),
          kernel.random(second, second),
          kernel.openStdio(second),
          kernel.clockTime(second as ClockId, new Uint32Array(2)),
          kernel.closeSet(second),
        ];
        assert.ok(results.every(Number.isInteger), results.join(' '));
      }
    }
    assert.is(send(fixture, handle, 'x'), 1, 'the connection still stands');
  });
}

function closeRows(row: Row): void {
  row('a closed handle answers BADF in every call', (fixture) => {
    const { handle } = connect(fixture);
    assert.is(fixture.kernel.close(handle), 0);
    assertAllBadf(fixture.kernel, handle);
  });

  row('a closed handle answers BADF although its index is in use again', (fixture) => {
    const { kernel } = fixture;
    const listening = listen(fixture);
    const first = acceptOne(fixture, listening);
    ok(kernel.close(first.handle));
    const second = acceptOne(fixture, listening);
    assert.is(handleIndex(second.handle), handleIndex(first.handle));
    assertAllBadf(kernel, first.handle);
    second.peer.send('mine');
    fixture.peers.settle();
    assert.is(recv(fixture, second.handle), 'mine');
  });

  row('a closed handle in waitFew answers BADF', (fixture) => {
    const { kernel } = fixture;
    const { handle } = connect(fixture);
    ok(kernel.close(handle));
    const few = new FewList();
    few.add(handle, READ);
    assert.is(show(kernel.waitFew(few, 0)), '-BADF');
  });

  row('close ends the stream for the peer after what was sent', (fixture) => {
    const { handle, peer } = connect(fixture);
    send(fixture, handle, 'all of it');
    ok(fixture.kernel.close(handle));
    fixture.peers.settle();
    assert.equal(peer.receive(), { text: 'all of it', then: 'end' });
  });

  row('close with unread bytes is a reset for the peer', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.send('never read');
    fixture.peers.settle();
    ok(fixture.kernel.close(handle));
    fixture.peers.settle();
    assert.is(peer.receive().then, 'reset');
  });
}

function dupRows(row: Row): void {
  row('a second handle reads and writes the same socket', (fixture) => {
    const { handle, peer } = connect(fixture);
    const second = ok(fixture.kernel.dup(handle));
    assert.is.not(second, handle);
    assert.is(fixture.kernel.fileType(second), FileType.SOCKET_STREAM);
    peer.send('abcd');
    fixture.peers.settle();
    assert.equal([recv(fixture, second, 2), recv(fixture, handle, 2)], ['ab', 'cd']);
  });

  row('the socket lives until its last handle is closed', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    const second = ok(kernel.dup(handle));
    ok(kernel.close(handle));
    peers.settle();
    assert.is(peer.receive().then, 'open');
    assert.is(send(fixture, second, 'still'), 5);
    ok(kernel.close(second));
    peers.settle();
    assert.equal(peer.receive(), { text: 'still', then: 'end' });
  });

  row('a listener with a second handle keeps its queue when one is closed', (fixture) => {
    const { kernel, peers } = fixture;
    const { listener, address } = listen(fixture);
    const second = ok(kernel.dup(listener));
    const peer = peers.connect(address);
    peers.settle();
    ok(kernel.close(listener));
    ok(kernel.accept(second));
    assert.is(peer.receive().then, 'open');
  });

  row('dup without a free descriptor answers MFILE', (fixture) => {
    const { handle } = connect(fixture);
    fixture.peers.exhaustDescriptors();
    assert.is(show(fixture.kernel.dup(handle)), '-MFILE');
  });

  row(
    'a second handle of a stream outlives the first',
    (fixture) => {
      const first = ok(fixture.kernel.openStdio(0));
      const second = ok(fixture.kernel.dup(first));
      ok(fixture.kernel.close(first));
      fixture.peers.stdio(0).send('piped');
      assert.is(show(fixture.kernel.read(second, 0, 16)), 5);
    },
    ['pipe', 'none', 'none'],
  );
}

function destroyRows(row: Row): void {
  row('destroy closes every handle, and later calls answer BADF', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer, listener, address } = connect(fixture);
    const set = ok(kernel.openSet());
    kernel.destroy();
    peers.settle();
    assert.is(peer.receive().then, 'end');
    assert.not(peers.connect(address).isConnected());
    assert.is(show(kernel.accept(listener)), '-BADF');
    assert.is(show(kernel.recv(handle, 0, 1, 0)), '-BADF');
    assert.is(show(kernel.closeSet(set)), '-BADF');
  });

  row('destroy may be called twice', ({ kernel }) => {
    ok(kernel.open('ipv4'));
    kernel.destroy();
    kernel.destroy();
  });
}

// The contract of `open`, `bind`, `listen` and `connect`.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { UNIX_PATH_BYTES_MAX } from '../../host/kernel/address.ts';
import { FileType, Readiness, SocketOption } from '../../host/kernel/kernel.ts';
import {
  connect,
  listen,
  ok,
  okAddress,
  openContract,
  readyNow,
  recv,
  send,
  show,
  type Skips,
  waitReady,
} from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

export function socketsContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('sockets', makeKernel, skips);
  openRows(contract.row);
  bindRows(contract.row);
  bindAddressRows(contract.row);
  listenRows(contract.row);
  connectRows(contract.row);
  connectUnixRows(contract.row);
  contract.unproven(
    'open passes NFILE and AFNOSUPPORT on',
    'the first needs a whole system out of descriptors, the second one without the family',
  );
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function openRows(row: Row): void {
  row('open gives a stream socket of the family', ({ kernel }) => {
    for (const family of ['ipv4', 'unix'] as const) {
      const handle = ok(kernel.open(family));
      assert.is(kernel.fileType(handle), FileType.SOCKET_STREAM);
      assert.is(okAddress(kernel.localAddress(handle)).family, family);
    }
  });

  row('open gives an IPv6 socket', ({ kernel }) => {
    assert.is(okAddress(kernel.localAddress(ok(kernel.open('ipv6')))).family, 'ipv6');
  });

  row('open without a free descriptor answers MFILE', ({ kernel, peers }) => {
    const giveBack = peers.exhaustDescriptors();
    assert.is(show(kernel.open('ipv4')), '-MFILE');
    giveBack(1);
    ok(kernel.open('ipv4'));
  });

  row('a fresh socket is writable and hung up', (fixture) => {
    const handle = ok(fixture.kernel.open('ipv4'));
    assert.is(readyNow(fixture, handle, READ | WRITE | READ_HANGUP), 'WRITE|HANGUP');
  });
}

function bindRows(row: Row): void {
  row('port 0 picks a free port, which localAddress tells', (fixture) => {
    const first = listen(fixture);
    const second = listen(fixture);
    assert.ok(first.address.family === 'ipv4' && first.address.port > 0);
    assert.not.equal(first.address, second.address);
  });

  row('bind to an address that is in use answers ADDRINUSE', (fixture) => {
    const { kernel } = fixture;
    for (const family of ['ipv4', 'unix'] as const) {
      const { address } = listen(fixture, family);
      assert.is(show(kernel.bind(ok(kernel.open(family)), address)), '-ADDRINUSE');
    }
  });

  row('bind to an address that is not of this machine answers ADDRNOTAVAIL', ({ kernel }) => {
    // RFC 5737: for documentation, given to no machine.
    const address = { family: 'ipv4', host: '192.0.2.1', port: 0 } as const;
    assert.is(show(kernel.bind(ok(kernel.open('ipv4')), address)), '-ADDRNOTAVAIL');
  });

  row('bind to a port that only the superuser may take answers ACCES', ({ kernel }) => {
    const address = { family: 'ipv4', host: '127.0.0.1', port: 1 } as const;
    assert.is(show(kernel.bind(ok(kernel.open('ipv4')), address)), '-ACCES');
  });

  row('a second bind answers INVAL', ({ kernel, peers }) => {
    for (const family of ['ipv4', 'unix'] as const) {
      const handle = ok(kernel.open(family));
      ok(kernel.bind(handle, peers.freeAddress(family)));
      assert.is(show(kernel.bind(handle, peers.freeAddress(family))), '-INVAL');
    }
  });
}

function bindAddressRows(row: Row): void {
  row('a unix path may have 107 bytes, one more is NAMETOOLONG', ({ kernel, peers }) => {
    const free = peers.freeAddress('unix');
    assert.ok(free.family === 'unix');
    const longest = free.path.padEnd(UNIX_PATH_BYTES_MAX, 'x');
    const tooLong = { family: 'unix', path: `${longest}x` } as const;
    assert.is(show(kernel.bind(ok(kernel.open('unix')), tooLong)), '-NAMETOOLONG');
    const handle = ok(kernel.open('unix'));
    ok(kernel.bind(handle, { family: 'unix', path: longest }));
    assert.equal(kernel.localAddress(handle), { family: 'unix', path: longest });
  });

  row('a unix path in a folder that does not exist answers NOENT', ({ kernel, peers }) => {
    const free = peers.freeAddress('unix');
    assert.ok(free.family === 'unix');
    const address = { family: 'unix', path: `${free.path}/socket` } as const;
    assert.is(show(kernel.bind(ok(kernel.open('unix')), address)), '-NOENT');
  });

  row(
    'an address that is malformed answers INVAL, one of another family AFNOSUPPORT',
    ({ kernel }) => {
      const name = { family: 'ipv4', host: 'localhost', port: 0 } as const;
      const port = { family: 'ipv4', host: '127.0.0.1', port: 65_536 } as const;
      const other = { family: 'ipv6', host: '::1', port: 1 } as const;
      for (const call of ['bind', 'connect'] as const) {
        assert.is(show(kernel[call](ok(kernel.open('ipv4')), name)), '-INVAL', call);
        assert.is(show(kernel[call](ok(kernel.open('ipv4')), port)), '-INVAL', call);
        assert.is(show(kernel[call](ok(kernel.open('ipv4')), other)), '-AFNOSUPPORT', call);
      }
    },
  );

  row('bind answers BADF for a handle that is not open', ({ kernel, peers }) => {
    assert.is(show(kernel.bind(1234, peers.freeAddress('ipv4'))), '-BADF');
  });
}

function listenRows(row: Row): void {
  row('listen on a connected socket answers INVAL', (fixture) => {
    assert.is(show(fixture.kernel.listen(connect(fixture).handle, 1)), '-INVAL');
  });

  row('the second of two sockets of one address that listens gets ADDRINUSE', (fixture) => {
    const { kernel, peers } = fixture;
    const [first, second] = [ok(kernel.open('ipv4')), ok(kernel.open('ipv4'))];
    ok(kernel.setOption(first, SocketOption.REUSE_ADDRESS, 1));
    ok(kernel.setOption(second, SocketOption.REUSE_ADDRESS, 1));
    ok(kernel.bind(first, peers.freeAddress('ipv4')));
    ok(kernel.bind(second, okAddress(kernel.localAddress(first))));
    assert.is(show(kernel.listen(first, 1)), 0);
    assert.is(show(kernel.listen(second, 1)), '-ADDRINUSE');
  });

  row('listen on a TCP socket without an address picks a port', ({ kernel }) => {
    const handle = ok(kernel.open('ipv4'));
    assert.is(show(kernel.listen(handle, 1)), 0);
    const address = okAddress(kernel.localAddress(handle));
    assert.ok(address.family === 'ipv4' && address.port > 0);
  });

  row('listen on a unix socket without an address answers INVAL', ({ kernel }) => {
    assert.is(show(kernel.listen(ok(kernel.open('unix')), 1)), '-INVAL');
  });

  row('listen answers BADF for a handle that is not open', ({ kernel }) => {
    assert.is(show(kernel.listen(1234, 1)), '-BADF');
  });
}

function connectRows(row: Row): void {
  row('connect answers INPROGRESS, then the socket is writable without an error', (fixture) => {
    const { kernel, peers } = fixture;
    const listener = peers.listen('ipv4', 4);
    const handle = ok(kernel.open('ipv4'));
    assert.is(show(kernel.connect(handle, listener.address)), '-INPROGRESS');
    assert.is(waitReady(fixture, handle, WRITE), 'WRITE');
    assert.is(kernel.takeError(handle), 0);
    const peer = listener.accept();
    assert.is(show(kernel.connect(handle, listener.address)), 0, 'the first question afterwards');
    assert.is(show(kernel.connect(handle, listener.address)), '-ISCONN');
    assert.is(send(fixture, handle, 'hello'), 5);
    peers.settle();
    assert.is(peer.receive().text, 'hello');
    assert.equal(kernel.peerAddress(handle), listener.address);
  });

  row('connect to an address that no one listens on ends with CONNREFUSED, once', (fixture) => {
    const { kernel, peers } = fixture;
    const listener = peers.listen('ipv4', 4);
    listener.close();
    const handle = ok(kernel.open('ipv4'));
    assert.is(show(kernel.connect(handle, listener.address)), '-INPROGRESS');
    peers.settle();
    assert.is(
      readyNow(fixture, handle, READ | WRITE | READ_HANGUP),
      'READ|WRITE|ERROR|HANGUP|READ_HANGUP',
    );
    assert.equal([kernel.takeError(handle), kernel.takeError(handle)], [Errno.CONNREFUSED, 0]);
  });

  row(
    'connect asked again after a refusal answers CONNREFUSED in place of takeError',
    (fixture) => {
      const { kernel, peers } = fixture;
      const listener = peers.listen('ipv4', 4);
      listener.close();
      const handle = ok(kernel.open('ipv4'));
      assert.is(show(kernel.connect(handle, listener.address)), '-INPROGRESS');
      peers.settle();
      assert.is(show(kernel.connect(handle, listener.address)), '-CONNREFUSED');
      assert.is(kernel.takeError(handle), 0);
    },
  );

  row('connect answers ALREADY while it is on its way', (fixture) => {
    const { kernel, peers } = fixture;
    const listener = peers.listen('ipv4', 0);
    // The queue holds one; the next is not answered until there is room.
    const first = ok(kernel.open('ipv4'));
    kernel.connect(first, listener.address);
    waitReady(fixture, first, WRITE);
    const second = ok(kernel.open('ipv4'));
    assert.is(show(kernel.connect(second, listener.address)), '-INPROGRESS');
    assert.is(show(kernel.connect(second, listener.address)), '-ALREADY');
    assert.is(readyNow(fixture, second, READ | WRITE), '');
  });

  row('connect answers ISCONN on a connected socket', (fixture) => {
    const { handle, peer } = connect(fixture);
    assert.is(show(fixture.kernel.connect(handle, peer.address)), '-ISCONN');
  });

  row('connect answers BADF for a handle that is not open', ({ kernel, peers }) => {
    assert.is(show(kernel.connect(1234, peers.freeAddress('ipv4'))), '-BADF');
  });
}

function connectUnixRows(row: Row): void {
  row('connect on a unix socket is done at once', (fixture) => {
    const { kernel, peers } = fixture;
    const listener = peers.listen('unix', 4);
    const handle = ok(kernel.open('unix'));
    assert.is(show(kernel.connect(handle, listener.address)), 0);
    const peer = listener.accept();
    peer.send('hello');
    peers.settle();
    assert.is(recv(fixture, handle), 'hello');
    assert.is(show(kernel.connect(handle, listener.address)), '-ISCONN');
  });

  row('connect to a unix path that no one listens on answers CONNREFUSED', ({ kernel, peers }) => {
    const listener = peers.listen('unix', 4);
    listener.close();
    assert.is(show(kernel.connect(ok(kernel.open('unix')), listener.address)), '-CONNREFUSED');
  });

  row('connect to a unix path that does not exist answers NOENT', ({ kernel, peers }) => {
    const address = peers.freeAddress('unix');
    assert.is(show(kernel.connect(ok(kernel.open('unix')), address)), '-NOENT');
  });

  row('connect to a unix listener whose backlog is full answers AGAIN', ({ kernel, peers }) => {
    const listener = peers.listen('unix', 0);
    assert.is(show(kernel.connect(ok(kernel.open('unix')), listener.address)), 0);
    assert.is(show(kernel.connect(ok(kernel.open('unix')), listener.address)), '-AGAIN');
  });
}

// The contract of socket options, of the pending error, and of names.

import * as assert from 'uvu/assert';
import { Errno } from '../../host/base/errno.ts';
import { Readiness, SocketOption } from '../../host/kernel/kernel.ts';
import { connect, listen, ok, openContract, readyNow, send, show, type Skips } from './contract.ts';
import type { MakeKernel } from './peers.ts';

const { READ, WRITE, READ_HANGUP } = Readiness;

export function optionsContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('options and names', makeKernel, skips);
  optionRows(contract.row);
  optionEffectRows(contract.row);
  nameRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function optionRows(row: Row): void {
  row('the options of a TCP socket can be set', ({ kernel }) => {
    const handle = ok(kernel.open('ipv4'));
    const values: [SocketOption, number][] = [
      [SocketOption.REUSE_ADDRESS, 1],
      [SocketOption.REUSE_ADDRESS, 0],
      [SocketOption.NO_DELAY, 1],
      [SocketOption.NO_DELAY, 0],
      [SocketOption.LINGER, 0],
      [SocketOption.LINGER, -1],
      [SocketOption.SEND_BUFFER, 65536],
      [SocketOption.RECEIVE_BUFFER, 65536],
    ];
    for (const [option, value] of values) {
      assert.is(show(kernel.setOption(handle, option, value)), 0, `${option} ${value}`);
    }
  });

  for (const family of ['ipv4', 'ipv6', 'unix'] as const) {
    row(`an option that was set is what getOption tells (${family})`, ({ kernel }) => {
      const handle = ok(kernel.open(family));
      const get = (option: SocketOption): number => ok(kernel.getOption(handle, option));
      const switches = [SocketOption.REUSE_ADDRESS, SocketOption.NO_DELAY];
      for (const option of switches.slice(0, family === 'unix' ? 1 : 2)) {
        assert.is(get(option), family === 'unix' ? 0 : 1, 'TCP has both from the start');
        for (const value of [0, 1, 0]) {
          ok(kernel.setOption(handle, option, value));
          assert.is(get(option), value);
        }
      }
      assert.is(get(SocketOption.LINGER), 0);
      ok(kernel.setOption(handle, SocketOption.LINGER, 0));
      assert.is(get(SocketOption.LINGER), 1);
      ok(kernel.setOption(handle, SocketOption.LINGER, -1));
      assert.is(get(SocketOption.LINGER), 0);
    });

    row(`of a buffer the system makes twice what was asked (${family})`, ({ kernel }) => {
      const handle = ok(kernel.open(family));
      for (const option of [SocketOption.SEND_BUFFER, SocketOption.RECEIVE_BUFFER]) {
        assert.ok(ok(kernel.getOption(handle, option)) > 4096, 'before it was set');
        ok(kernel.setOption(handle, option, 20_000));
        assert.is(kernel.getOption(handle, option), 40_000);
        ok(kernel.setOption(handle, option, 0));
        const least = option === SocketOption.SEND_BUFFER ? 4608 : 2304;
        assert.is(kernel.getOption(handle, option), least);
      }
    });
  }

  row('getOption of an option that does not exist answers INVAL', ({ kernel }) => {
    const handle = ok(kernel.open('ipv4'));
    for (const option of [0, 6, 99, -1]) {
      assert.is(show(kernel.getOption(handle, option as SocketOption)), '-INVAL');
    }
    const local = ok(kernel.open('unix'));
    assert.is(show(kernel.getOption(local, SocketOption.NO_DELAY)), '-NOPROTOOPT');
  });

  row('a linger of a second or more answers NOTSUP, since close would block', ({ kernel }) => {
    const handle = ok(kernel.open('ipv4'));
    assert.is(show(kernel.setOption(handle, SocketOption.LINGER, 1)), '-NOTSUP');
    assert.is(show(kernel.setOption(handle, SocketOption.LINGER, 3600)), '-NOTSUP');
  });

  row('a value that an option does not have answers INVAL', ({ kernel }) => {
    const handle = ok(kernel.open('ipv4'));
    const values: [SocketOption, number][] = [
      [SocketOption.REUSE_ADDRESS, 2],
      [SocketOption.REUSE_ADDRESS, -1],
      [SocketOption.NO_DELAY, 2],
      [SocketOption.LINGER, -2],
      [SocketOption.SEND_BUFFER, -1],
      [SocketOption.RECEIVE_BUFFER, -1],
      [99 as SocketOption, 1],
    ];
    for (const [option, value] of values) {
      assert.is(show(kernel.setOption(handle, option, value)), '-INVAL', `${option} ${value}`);
    }
  });

  row('NO_DELAY on a unix socket answers NOPROTOOPT', ({ kernel }) => {
    const handle = ok(kernel.open('unix'));
    assert.is(show(kernel.setOption(handle, SocketOption.NO_DELAY, 1)), '-NOPROTOOPT');
  });
}

function optionEffectRows(row: Row): void {
  row('with a linger of 0 close resets the connection', (fixture) => {
    const { handle, peer } = connect(fixture);
    ok(fixture.kernel.setOption(handle, SocketOption.LINGER, 0));
    ok(fixture.kernel.close(handle));
    fixture.peers.settle();
    assert.is(peer.receive().then, 'reset');
  });

  row('with the linger taken back close ends the connection in order', (fixture) => {
    const { handle, peer } = connect(fixture);
    ok(fixture.kernel.setOption(handle, SocketOption.LINGER, 0));
    ok(fixture.kernel.setOption(handle, SocketOption.LINGER, -1));
    ok(fixture.kernel.close(handle));
    fixture.peers.settle();
    assert.is(peer.receive().then, 'end');
  });

  row(
    'options and errors of a stream answer NOTSOCK, of a handle that is not open BADF',
    ({ kernel }) => {
      const stream = ok(kernel.openStdio(0));
      assert.is(show(kernel.setOption(stream, SocketOption.LINGER, 0)), '-NOTSOCK');
      assert.is(show(kernel.getOption(stream, SocketOption.LINGER)), '-NOTSOCK');
      assert.is(show(kernel.takeError(stream)), '-NOTSOCK');
      assert.is(show(kernel.setOption(1234, SocketOption.LINGER, 0)), '-BADF');
      assert.is(show(kernel.getOption(1234, SocketOption.LINGER)), '-BADF');
      assert.is(show(kernel.takeError(1234)), '-BADF');
    },
    ['pipe', 'none', 'none'],
  );

  row('takeError takes the pending error off the socket', (fixture) => {
    const { handle, peer } = connect(fixture);
    assert.is(fixture.kernel.takeError(handle), 0);
    peer.reset();
    fixture.peers.settle();
    const errors = [fixture.kernel.takeError(handle), fixture.kernel.takeError(handle)];
    assert.equal(errors, [Errno.CONNRESET, 0]);
    assert.is(
      readyNow(fixture, handle, READ | WRITE | READ_HANGUP),
      'READ|WRITE|HANGUP|READ_HANGUP',
    );
    assert.is(send(fixture, handle, 'x'), '-PIPE');
  });
}

function nameRows(row: Row): void {
  row('a connection has the addresses of its listener and of its peer', (fixture) => {
    const { kernel } = fixture;
    const { handle, peer, address } = connect(fixture);
    assert.equal(kernel.localAddress(handle), address);
    assert.equal(kernel.peerAddress(handle), peer.address);
  });

  row('an IPv6 connection has the addresses of its listener and of its peer', (fixture) => {
    const { kernel } = fixture;
    const { handle, peer, address } = connect(fixture, 'ipv6');
    assert.ok(address.family === 'ipv6' && address.host === '::1');
    assert.equal(kernel.localAddress(handle), address);
    assert.equal(kernel.peerAddress(handle), peer.address);
  });

  row('the client of a unix connection has an empty path', (fixture) => {
    const { kernel } = fixture;
    const { handle, address } = connect(fixture, 'unix');
    assert.equal(kernel.localAddress(handle), address);
    assert.equal(kernel.peerAddress(handle), { family: 'unix', path: '' });
  });

  row('a fresh socket has no port, and no peer', (fixture) => {
    const { kernel } = fixture;
    const handle = ok(kernel.open('ipv4'));
    assert.equal(kernel.localAddress(handle), { family: 'ipv4', host: '0.0.0.0', port: 0 });
    assert.is(show(kernel.peerAddress(handle) as number), '-NOTCONN');
    assert.is(show(kernel.peerAddress(listen(fixture).listener) as number), '-NOTCONN');
  });

  row('after a reset a connection has no peer', (fixture) => {
    const { handle, peer } = connect(fixture);
    peer.reset();
    fixture.peers.settle();
    assert.is(show(fixture.kernel.peerAddress(handle) as number), '-NOTCONN');
  });

  row(
    'names of a stream answer NOTSOCK, of a handle that is not open BADF',
    ({ kernel }) => {
      const stream = ok(kernel.openStdio(0));
      assert.is(show(kernel.localAddress(stream) as number), '-NOTSOCK');
      assert.is(show(kernel.peerAddress(stream) as number), '-NOTSOCK');
      assert.is(show(kernel.localAddress(1234) as number), '-BADF');
      assert.is(show(kernel.peerAddress(1234) as number), '-BADF');
    },
    ['pipe', 'none', 'none'],
  );
}

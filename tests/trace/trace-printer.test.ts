// The lines of a trace, of live calls and of replayed ones.

import * as assert from 'uvu/assert';
import { trace } from '../../host/trace/trace.ts';
import { TracePrinter } from '../../host/trace/trace-printer.ts';
import { bytesText } from '../../host/trace/text.ts';
import { ALL_SIGNATURES, byModule, byName } from '../support/functions.ts';
import { suite } from '../support/suite.ts';
import { ADDRESS, putAddress, SIZE, VALUE } from '../wasi/outgoing.ts';
import { withWorld, type TestWorld } from '../wasi/world.ts';
import { recordEcho, replayRun } from './recorded.ts';

const test = suite('the lines of a trace');

type Call = (...parameters: (number | bigint)[]) => number;

/** The world's calls, traced. @returns the line of each */
function tracer(world: TestWorld, calls?: readonly string[]) {
  const lines: string[] = [];
  let nowUs = 0;
  const printer = new TracePrinter({
    print: (line) => lines.push(line),
    clockUs: () => (nowUs += 1500),
    showsDuration: true,
    ...(calls === undefined ? {} : { calls }),
  });
  const live =
    (name: string): Call =>
    (...parameters) =>
      world.caller.call(name, ...parameters);
  const imports = Object.fromEntries(ALL_SIGNATURES.map(({ name }) => [name, live(name)]));
  const traced = trace(byModule(imports), printer);
  const instance: unknown = { exports: { memory: world.caller.memory } };
  traced.attach(instance as WebAssembly.Instance);
  const functions = byName(traced.imports) as Record<string, Call>;
  return (name: string, ...parameters: (number | bigint)[]): string => {
    functions[name]!(...parameters);
    return lines.pop() ?? '';
  };
}

test(
  'epoll tells operations, bits and all that the guest knows a descriptor by',
  withWorld((world) => {
    const { caller } = world;
    const fd = world.readable();
    const line = tracer(world);
    const says = (text: string, name: string, ...parameters: (number | bigint)[]): void => {
      const said = line(name, ...parameters);
      assert.ok(said.includes(` ${text} <`), said);
    };
    assert.match(line('epoll_create', 512), / epoll_create\(\) = SUCCESS, epfd \d+ </);
    const epfd = caller.u32(512);
    [0x41, 0, 0xabc, fd, 77, 0, 0x11, 0].forEach((word, at) =>
      caller.view.setUint32(1024 + 4 * at, word, true),
    );
    const event = `ptr 0xabc fd ${fd} data1 77 #11`;
    const control = `epoll_ctl(fd ${epfd}`;
    const add = `${control}, ADD, fd ${fd}, {IN|ET ${event}}) = SUCCESS`;
    says(add, 'epoll_ctl', epfd, 0, fd, 1024);
    const waited = `epoll_wait(fd ${epfd}, 4, 18446744073709551615) = SUCCESS`;
    says(`${waited}, nevents 1, [IN ${event}]`, 'epoll_wait', epfd, 9000, 4, 2n ** 64n - 1n, 512);
    says(`${control}, DEL, fd ${fd}, 0x400) = SUCCESS`, 'epoll_ctl', epfd, 2, fd, 1024);
    says(`${control}, op 9, fd ${fd}, 0x80000000) = FAULT`, 'epoll_ctl', epfd, 9, fd, 2 ** 31);
  }),
);

test(
  'arguments, lists, flags, results and bytes are told by name',
  withWorld((world) => {
    const { caller, listenFd } = world;
    const line = tracer(world);
    caller.setFdSubscription(8192, 1, listenFd, 17n);
    caller.setClockSubscription(8240, { id: 1, timeoutNs: 0n, userdata: 18n });
    assert.is(
      line('poll_oneoff', 8192, 9000, 2, 512),
      `0.001500 poll_oneoff([fd_read fd ${listenFd} #11, clock MONOTONIC in 0 ns #12]) = ` +
        'SUCCESS, nevents 1, [clock #12] <0.001500>',
    );
    world.peers.connect(world.address);
    world.peers.settle();
    assert.match(
      line('sock_accept', listenFd, 4, 512),
      / sock_accept\(fd \d+, NONBLOCK\) = SUCCESS, ro_fd \d+ </,
    );
    const { fd, peer } = world.connect();
    peer.send('7 "bytes\n');
    world.peers.settle();
    caller.setIovecs(1024, [2000, 2], [3000, 100]);
    assert.match(
      line('sock_recv', fd, 1024, 2, 3, 512, 528),
      new RegExp(
        ` sock_recv\\(fd ${fd}, \\[2 at 0x7d0, 100 at 0xbb8\\], RECV_PEEK\\|RECV_WAITALL\\) = ` +
          'SUCCESS, ro_datalen 9, ro_flags 0, "7 \\\\"bytes\\\\n" <',
      ),
    );
    caller.setText(2000, 'hi');
    assert.match(line('sock_send', fd, 1024, 1, 0, 512), / = SUCCESS, so_datalen 2, "hi" <0\.0/);
    assert.match(line('fd_close', 99), / fd_close\(fd 99\) = BADF <0\.0/);
    caller.setText(2000, 'a/b');
    assert.match(
      line('path_open', 99, 1, 2000, 3, 9, 2n, 1n << 63n, 0, 512),
      / path_open\(fd 99, SYMLINK_FOLLOW, "a\/b", CREAT\|TRUNC, FD_READ, 0x8000000000000000, 0\) = BADF/,
    );
    assert.match(
      line('sock_send', fd, 0xffff_fff0, 3, 0, 512),
      /\(fd \d+, 0xfffffff0, 3, 0\) = FAULT/,
    );
  }),
);

test(
  'sockets, addresses and options are told by name, a path fit for a terminal',
  withWorld(
    (world) => {
      const { caller, peers } = world;
      const line = tracer(world);
      const listener = peers.listen('ipv4', 4);
      assert.match(
        line('sock_open', 1, 2, 512),
        / sock_open\(INET4, STREAM\) = SUCCESS, ro_fd 1 </,
      );
      assert.match(line('sock_open', 7, 1, 512), /\(family 7, DGRAM\) = AFNOSUPPORT </);
      const port = putAddress(world, listener.address);
      assert.match(
        line('sock_connect', 1, ADDRESS, port),
        new RegExp(` sock_connect\\(fd 1, 127\\.0\\.0\\.1:${port}\\) = SUCCESS <`),
      );
      putAddress(world, { family: 'ipv6', host: '::1', port: 80 });
      assert.match(line('sock_connect', 1, ADDRESS, 80), /\(fd 1, \[::1\]:80\) = ACCES </);
      putAddress(world, { family: 'unix', path: '/a\u001b[2J' });
      assert.match(line('sock_connect', 1, ADDRESS, 0), /\(fd 1, unix:"\/a\\x1b\[2J"\) = ACCES </);
      assert.match(line('sock_connect', 1, 0xffff_fff0, 9), /\(fd 1, 0xfffffff0, 9\) = FAULT </);
      caller.view.setUint32(SIZE, 4, true);
      assert.match(
        line('sock_getsockopt', 1, 0, 1, VALUE, SIZE),
        / sock_getsockopt\(fd 1, 0, TYPE\) = SUCCESS, flag_size 4, 2 </,
      );
      caller.view.setUint32(VALUE, 9000, true);
      assert.match(
        line('sock_setsockopt', 1, 0, 5, VALUE, 4),
        / sock_setsockopt\(fd 1, 0, SNDBUF, 9000\) = SUCCESS </,
      );
      assert.match(line('sock_setsockopt', 1, 0, 99, VALUE, 8), /\(fd 1, 0, option 99, "\(#/);
    },
    { allowConnect: ['127.0.0.1:*'] },
  ),
);

test(
  'only the calls that are asked for are printed',
  withWorld((world) => {
    const line = tracer(world, ['fd_close']);
    assert.is(line('sock_accept', 99, 0, 512), '');
    assert.match(line('fd_close', 99), /BADF/);
  }),
);

test('what a guest chose can not drive a terminal', () => {
  assert.is(
    bytesText(Buffer.from('\u001b[2J\x07\x9b\t\\', 'latin1')),
    '"\\x1b[2J\\x07\\x9b\\t\\\\"',
  );
  assert.is(bytesText(Buffer.alloc(65, 'a')), `"${'a'.repeat(64)}"...`);
});

test('a replay prints the bytes that were sent, which the recording does not hold', () => {
  const lines: string[] = [];
  const observer = new TracePrinter({ print: (line) => lines.push(line), clockUs: () => 0 });
  replayRun(recordEcho(['Hello']), { observer });
  assert.equal(lines.slice(0, 2), [
    '0.000000 sock_recv(fd 5, [512 at 0x800], 0) = SUCCESS, ro_datalen 5, ro_flags 0, "Hello"',
    '0.000000 sock_send(fd 5, [5 at 0x800], 0) = SUCCESS, so_datalen 5, "Hello"',
  ]);
});

test.run();

// The contract of streams: standard input, output and error, and `read` and `write` on them and on
// sockets.

import * as assert from 'uvu/assert';
import { FileType, Mode, Readiness } from '../../host/kernel/kernel.ts';
import { FewList } from '../../host/kernel/ready-list.ts';
import {
  connect,
  listen,
  ok,
  openContract,
  patternText,
  read,
  readyNow,
  show,
  type Skips,
  write,
} from './contract.ts';
import { FILE_TEXT, type MakeKernel } from './peers.ts';
import { OUTSIDE } from './recv.ts';

const { READ, WRITE } = Readiness;

/** The most that a stream takes at once. */
const WRITE_BYTES_MAX = 4096;

export function streamsContract(makeKernel: MakeKernel, skips: Skips): void {
  const contract = openContract('streams', makeKernel, skips);
  openRows(contract.row);
  pipeRows(contract.row);
  streamErrorRows(contract.row);
  socketRows(contract.row);
  fileRows(contract.row);
  contract.run();
}

type Row = ReturnType<typeof openContract>['row'];

function openRows(row: Row): void {
  row('a standard stream that the process does not have answers BADF', ({ kernel }) => {
    assert.equal(
      [0, 1, 2].map((index) => show(kernel.openStdio(index))),
      ['-BADF', '-BADF', '-BADF'],
    );
  });

  row(
    'there are three standard streams',
    ({ kernel }) => {
      for (const index of [0, 1, 2]) ok(kernel.openStdio(index));
      assert.is(show(kernel.openStdio(3)), '-BADF');
      assert.is(show(kernel.openStdio(-1)), '-BADF');
    },
    ['pipe', 'pipe', 'pipe'],
  );

  row(
    'a standard stream can be opened again after it was closed',
    (fixture) => {
      const { kernel } = fixture;
      ok(kernel.close(ok(kernel.openStdio(1))));
      const again = ok(kernel.openStdio(1));
      assert.is(write(fixture, again, 'still there'), 11);
      assert.is(fixture.peers.stdio(1).receive(), 'still there');
    },
    ['none', 'pipe', 'none'],
  );

  row(
    'the type of a pipe is unknown to preview1, a file, a folder and a device have theirs',
    ({ kernel }) => {
      assert.is(kernel.fileType(ok(kernel.openStdio(0))), FileType.UNKNOWN);
      assert.is(kernel.fileType(ok(kernel.openStdio(1))), FileType.REGULAR_FILE);
      assert.is(kernel.fileType(ok(kernel.openStdio(2))), FileType.CHARACTER_DEVICE);
    },
    ['pipe', 'file', 'null'],
  );

  row(
    'the type of a folder is directory and of a socket stream socket',
    ({ kernel }) => {
      assert.is(kernel.fileType(ok(kernel.openStdio(0))), FileType.DIRECTORY);
      assert.is(kernel.fileType(ok(kernel.openStdio(1))), FileType.SOCKET_STREAM);
    },
    ['directory', 'socket', 'none'],
  );
}

function pipeRows(row: Row): void {
  row(
    'openStdio without a free descriptor answers MFILE',
    ({ kernel, peers }) => {
      const giveBack = peers.exhaustDescriptors();
      assert.is(show(kernel.openStdio(0)), '-MFILE');
      giveBack(1);
      ok(kernel.openStdio(0));
    },
    ['pipe', 'none', 'none'],
  );

  row(
    'read gives what is in a pipe, AGAIN when it is empty, 0 when its writer has gone',
    (fixture) => {
      const input = ok(fixture.kernel.openStdio(0));
      assert.is(read(fixture, input), '-AGAIN');
      assert.is(readyNow(fixture, input, READ), '');
      fixture.peers.stdio(0).send('abcdef');
      assert.is(readyNow(fixture, input, READ), 'READ');
      assert.equal([read(fixture, input, 4), read(fixture, input, 4)], ['abcd', 'ef']);
      assert.is(read(fixture, input), '-AGAIN');
      fixture.peers.stdio(0).close();
      assert.is(readyNow(fixture, input, READ), 'HANGUP');
      assert.equal([read(fixture, input), read(fixture, input)], ['', '']);
    },
    ['pipe', 'none', 'none'],
  );

  row(
    'write takes 4,096 bytes at most, and AGAIN says that there is no room',
    (fixture) => {
      const output = ok(fixture.kernel.openStdio(1));
      let written = 0;
      for (;;) {
        const taken = write(fixture, output, patternText(written, 10_000));
        if (typeof taken === 'string') {
          assert.is(taken, '-AGAIN');
          break;
        }
        assert.ok(taken > 0 && taken <= WRITE_BYTES_MAX, `took ${taken}`);
        written += taken;
      }
      assert.is(readyNow(fixture, output, WRITE), '');
      assert.is(fixture.peers.stdio(1).receive(), patternText(0, written));
      assert.is(readyNow(fixture, output, WRITE), 'WRITE');
      assert.is(write(fixture, output, 'more'), 4);
    },
    ['none', 'pipe', 'none'],
  );

  row(
    'write answers PIPE when the reader has gone, and raises no signal',
    (fixture) => {
      const output = ok(fixture.kernel.openStdio(1));
      fixture.peers.stdio(1).close();
      assert.equal([write(fixture, output, 'x'), write(fixture, output, 'x')], ['-PIPE', '-PIPE']);
    },
    ['none', 'pipe', 'none'],
  );
}

function streamErrorRows(row: Row): void {
  row(
    'read and write outside the memory answer FAULT and move no byte',
    (fixture) => {
      const { kernel, peers } = fixture;
      const [input, output] = [ok(kernel.openStdio(0)), ok(kernel.openStdio(1))];
      peers.stdio(0).send('abc');
      for (const [pointer, length] of OUTSIDE) {
        assert.is(show(kernel.read(input, pointer, length)), '-FAULT');
        assert.is(show(kernel.write(output, pointer, length)), '-FAULT');
      }
      assert.is(read(fixture, input), 'abc');
      assert.is(peers.stdio(1).receive(), '');
    },
    ['pipe', 'pipe', 'none'],
  );

  row(
    'a stream is written and read in one direction: the other answers BADF',
    (fixture) => {
      assert.is(write(fixture, ok(fixture.kernel.openStdio(0)), 'x'), '-BADF');
      assert.is(read(fixture, ok(fixture.kernel.openStdio(1))), '-BADF');
    },
    ['pipe', 'pipe', 'none'],
  );
}

function socketRows(row: Row): void {
  row('read and write on a socket do what recv and send do', (fixture) => {
    const { kernel, peers } = fixture;
    const { handle, peer } = connect(fixture);
    assert.is(read(fixture, handle), '-AGAIN');
    peer.send('in');
    peers.settle();
    assert.is(read(fixture, handle), 'in');
    assert.is(write(fixture, handle, 'out'), 3);
    peers.settle();
    assert.is(peer.receive().text, 'out');
    peer.reset();
    peers.settle();
    assert.equal([read(fixture, handle), read(fixture, handle)], ['-CONNRESET', '']);
    assert.is(write(fixture, handle, 'x'), '-PIPE');
    assert.is(read(fixture, listen(fixture).listener), '-NOTCONN');
    assert.is(show(kernel.write(ok(kernel.open('ipv4')), 0, 1)), '-PIPE');
  });

  row(
    'a socket as a standard stream is read and written, and does not block',
    (fixture) => {
      const [input, output] = [ok(fixture.kernel.openStdio(0)), ok(fixture.kernel.openStdio(1))];
      assert.is(read(fixture, input), '-AGAIN');
      fixture.peers.stdio(0).send('in');
      assert.is(read(fixture, input), 'in');
      let written = 0;
      for (;;) {
        const taken = write(fixture, output, patternText(written, 4096));
        if (typeof taken === 'string') {
          assert.is(taken, '-AGAIN');
          break;
        }
        written += taken;
      }
      assert.is(fixture.peers.stdio(1).receive(), patternText(0, written));
      fixture.peers.stdio(0).close();
      assert.is(read(fixture, input), '');
    },
    ['socket', 'socket', 'none'],
  );
}

function fileRows(row: Row): void {
  row(
    'a file is read to its end',
    (fixture) => {
      const file = ok(fixture.kernel.openStdio(0));
      assert.equal([read(fixture, file), read(fixture, file)], [FILE_TEXT, '']);
    },
    ['file', 'none', 'none'],
  );

  row(
    'a device without data is at its end, and takes what is written',
    (fixture) => {
      assert.is(read(fixture, ok(fixture.kernel.openStdio(0))), '');
      assert.is(write(fixture, ok(fixture.kernel.openStdio(1)), 'gone'), 4);
    },
    ['null', 'null', 'none'],
  );

  row(
    'reading a folder answers ISDIR',
    (fixture) => assert.is(read(fixture, ok(fixture.kernel.openStdio(0))), '-ISDIR'),
    ['directory', 'none', 'none'],
  );

  row(
    'a file or a device is always ready: watch answers PERM, waitFew what was asked',
    (fixture) => {
      const { kernel } = fixture;
      const set = ok(kernel.openSet());
      for (const handle of [ok(kernel.openStdio(0)), ok(kernel.openStdio(1))]) {
        assert.is(show(kernel.watch(set, handle, READ, Mode.LEVEL)), '-PERM');
        const few = new FewList();
        few.add(handle, READ | WRITE);
        assert.is(show(kernel.waitFew(few, Infinity)), 1);
        assert.is(few.readiness(0), READ | WRITE);
      }
    },
    ['file', 'null', 'none'],
  );
}

// Standard streams: pipes, sockets, files, folders, /dev/null.

import { Mode, Readiness } from '../../../host/kernel/kernel.ts';
import { FewList } from '../../../host/kernel/ready-list.ts';
import { name, type Probe, probe, readiness } from '../probe.ts';

const { READ, WRITE } = Readiness;

export const STREAMS: readonly Probe[] = [
  probe(
    'a pipe to read from',
    ({ near, peers, say }) => {
      const input = near.kernel.openStdio(0);
      say('empty', near.read(input), near.poll(input), near.read(input, 0));
      peers.stdio(0).send('abcdef');
      say('data', near.poll(input), near.read(input, 4), near.read(input, 0), near.read(input));
      peers.stdio(0).send('last');
      peers.stdio(0).close();
      say('closed', near.poll(input), near.read(input), near.poll(input), near.read(input));
      say('write', near.write(input, 'x'), near.recv(input), near.send(input, 'x'));
    },
    ['pipe', 'none', 'none'],
  ),

  probe(
    'a pipe to write to',
    ({ near, peers, say }) => {
      const output = near.kernel.openStdio(1);
      say('poll', near.poll(output), near.write(output, 'x'.repeat(5000)), near.write(output, ''));
      let pieces = 0;
      while (pieces < 100 && near.write(output, 'x'.repeat(4096)) === '4096') pieces++;
      say('full', pieces, near.poll(output), near.write(output, 'x'));
      say('read', peers.stdio(1).receive().length, near.poll(output), near.read(output));
      peers.stdio(1).close();
      say('closed', near.poll(output), near.write(output, 'x'), near.write(output, ''));
    },
    ['none', 'pipe', 'none'],
  ),

  probe(
    'the pages of a pipe',
    ({ near, peers, say }) => {
      const output = near.kernel.openStdio(1);
      let small = 0;
      while (small < 5000 && near.write(output, 'x'.repeat(100)) === '100') small++;
      say('of 100', small, near.poll(output), near.write(output, 'x'));
      peers.stdio(1).receive();
      let uneven = 0;
      while (uneven < 5000 && near.write(output, 'x'.repeat(3000)) === '3000') uneven++;
      say('of 3000', uneven);
    },
    ['none', 'pipe', 'none'],
  ),

  probe(
    'edges of pipes',
    ({ near, peers, say }) => {
      const [input, output] = [near.kernel.openStdio(0), near.kernel.openStdio(1)];
      const set = near.set();
      near.watch(set, input, READ, Mode.EDGE);
      near.watch(set, output, WRITE, Mode.EDGE);
      const names = { input, output };
      say('first', near.wait(set, names), near.wait(set, names));
      peers.stdio(0).send('a');
      say('data', near.wait(set, names), near.wait(set, names));
      peers.stdio(0).send('b');
      say('more', near.wait(set, names), near.wait(set, names));
      while (near.write(output, 'x'.repeat(4096)) === '4096');
      say('full', near.wait(set, names));
      peers.stdio(1).receive();
      say('room', near.wait(set, names), near.wait(set, names));
      peers.stdio(0).close();
      say('end', near.wait(set, names), near.wait(set, names));
    },
    ['pipe', 'pipe', 'none'],
  ),

  probe(
    'a file, a folder and a device',
    ({ near, say }) => {
      const handles = [0, 1, 2].map((index) => near.kernel.openStdio(index));
      for (const handle of handles) {
        say('type', name(near.kernel.fileType(handle)), near.watch(near.set(), handle, READ));
        const few = new FewList();
        few.add(handle, READ | WRITE);
        say('ready', name(near.kernel.waitFew(few, 0)), readiness(few.readiness(0)));
        say('read', near.read(handle, 8), near.read(handle), near.read(handle));
        say('calls', near.accept(handle), near.recv(handle), near.error(handle));
      }
      say('write', near.write(handles[2] as number, 'x'.repeat(5000)));
    },
    ['file', 'directory', 'null'],
  ),

  probe(
    'streams that are missing, and calls for sockets',
    ({ near, say }) => {
      const indices = [0, 1, 2, 3, -1];
      say('open', ...indices.map((index) => name(Math.min(near.kernel.openStdio(index), 0))));
      const stream = near.kernel.openStdio(0);
      const { kernel } = near;
      const free = near.free('ipv4');
      say('calls', name(kernel.bind(stream, free)), name(kernel.listen(stream, 1)));
      say('more', name(kernel.connect(stream, free)), name(kernel.shutdown(stream, 2)));
      say('and more', name(kernel.setOption(stream, 3, 0)), name(kernel.stopQueueing(stream)));
      say(
        'names',
        name(kernel.localAddress(stream) as number),
        name(kernel.peerAddress(stream) as number),
      );
    },
    ['pipe', 'none', 'none'],
  ),

  probe(
    'a socket as a standard stream',
    ({ near, peers, say }) => {
      const stream = near.kernel.openStdio(0);
      say('empty', near.read(stream), near.recv(stream), near.poll(stream));
      peers.stdio(0).send('in');
      say('data', near.poll(stream), near.recv(stream), near.write(stream, 'out'));
      say('peer', peers.stdio(0).receive());
      say('calls', near.accept(stream), name(near.kernel.connect(stream, near.free('unix'))));
      peers.stdio(0).close();
      say('closed', near.poll(stream), near.read(stream), near.write(stream, 'x'));
    },
    ['socket', 'none', 'none'],
  ),
];

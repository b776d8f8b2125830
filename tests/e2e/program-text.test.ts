// The library in a program that is no file: given on the command line, or by standard input. Node
// tells such a program's threads of it, and then refuses to start them.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { Child } from './support/child.ts';
import { ROT13_COMMAND, withDirectory } from './support/guests.ts';

const test = suite('a program that is no file (end to end)');

/** Runs a guest that records, sends it a line, and prints what it answers. */
const program = (file: string): string => `
  import { connect } from 'node:net';
  import { once } from 'node:events';
  import { run } from 'pollux';
  const guest = await run(${JSON.stringify(ROT13_COMMAND)}, {
    listen: ['tcp:127.0.0.1:0'],
    record: ${JSON.stringify(file)},
  });
  const client = connect(Number(guest.addresses[0].split(':').at(-1)), '127.0.0.1');
  client.end('Hello\\n');
  const [answer] = await once(client, 'data');
  await guest.stop();
  process.stdout.write(answer);`;

for (const [name, options] of [
  ['on the command line', ['--input-type=module']],
  ['on the command line, the type apart', ['--input-type', 'module']],
  [
    'with a module that is loaded first',
    ['--import', 'data:text/javascript,0', '--input-type=module'],
  ],
] as const) {
  test(`runs a guest: ${name}`, async () => {
    await withDirectory(async (directory) => {
      const text = program(join(directory, 'a.plx'));
      const child = new Child(process.execPath, [...options, '--eval', text]);
      const { code } = await child.ended;
      assert.equal([code, child.stdout, child.stderr], [0, 'Uryyb\n', '']);
    });
  });
}

test('runs a guest: by standard input', async () => {
  await withDirectory(async (directory) => {
    const child = new Child(process.execPath, ['--input-type=module'], {}, 'pipe');
    child.input.end(program(join(directory, 'a.plx')));
    const { code } = await child.ended;
    assert.equal([code, child.stdout, child.stderr], [0, 'Uryyb\n', '']);
  });
});

test.run();

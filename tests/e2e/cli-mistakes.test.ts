// What the command line says when something is wrong: one line on standard error that names the thing
// and the way out, and an exit code that says whose fault it is.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { wasm } from '../support/wasm.ts';
import { REPOSITORY } from './support/child.ts';
import { cGuest, ROT13_COMMAND, withDirectory } from './support/guests.ts';
import { runPollux } from './support/server.ts';
import { closed, listen } from './support/target.ts';

interface Mistake {
  readonly title: string;
  readonly args: readonly string[];
  readonly code: number;
  /** What the line must name: the thing, and the way out. */
  readonly says: readonly RegExp[];
}

const FREE = ['--listen', 'tcp:127.0.0.1:0'];

const mistakes: readonly Mistake[] = [
  { title: 'an unknown command', args: ['fly'], code: 2, says: [/fly/, /run/] },
  {
    title: 'an option where the command stands',
    args: ['--fast'],
    code: 2,
    says: [/--fast/, /run/],
  },
  { title: 'no guest', args: ['run'], code: 2, says: [/pollux run GUEST\.wasm/] },
  {
    title: 'two guests',
    args: ['run', ROT13_COMMAND, 'second.wasm'],
    code: 2,
    says: [/second\.wasm/, /after --/],
  },
  {
    title: 'an unknown option',
    args: ['run', ROT13_COMMAND, '--fast'],
    code: 2,
    says: [/--fast/, /--help/],
  },
  {
    title: 'an option without its value',
    args: ['run', ROT13_COMMAND, '--listen'],
    code: 2,
    says: [/--listen/],
  },
  {
    title: 'an address without tcp: or unix:',
    args: ['run', ROT13_COMMAND, '--listen', '127.0.0.1:80'],
    code: 2,
    says: [/127\.0\.0\.1:80/, /tcp:/, /unix:/],
  },
  {
    title: 'a port that is no port',
    args: ['run', ROT13_COMMAND, '--listen', 'tcp:127.0.0.1:65536'],
    code: 2,
    says: [/65536/, /65535/],
  },
  {
    title: 'an IPv6 address without brackets',
    args: ['run', ROT13_COMMAND, '--listen', 'tcp:::1:80'],
    code: 2,
    says: [/tcp:::1:80/, /\[::1\]/],
  },
  {
    title: 'a connection to port 0',
    args: ['run', ROT13_COMMAND, '--connect', 'tcp:127.0.0.1:0'],
    code: 2,
    says: [/tcp:127\.0\.0\.1:0/, /port of the server/],
  },
  {
    title: 'a connection to what is no address',
    args: ['run', ROT13_COMMAND, '--connect', '127.0.0.1:80'],
    code: 2,
    says: [/127\.0\.0\.1:80/, /tcp:/, /unix:/],
  },
  {
    title: 'no time to connect in',
    args: ['run', ROT13_COMMAND, '--connect-timeout', '0s'],
    code: 2,
    says: [/connectTimeoutMs/, /from 1 to/],
  },
  {
    title: 'a pattern without a port',
    args: ['run', ROT13_COMMAND, '--allow-connect', 'db.example.org'],
    code: 2,
    says: [/db\.example\.org/, /HOST:PORT/],
  },
  {
    title: 'a pattern for an IPv4 address in another spelling',
    args: ['run', ROT13_COMMAND, '--allow-connect', '[::ffff:127.0.0.1]:80'],
    code: 2,
    says: [/::ffff/, /write 127\.0\.0\.1/],
  },
  {
    title: 'a pattern for a host that has no address',
    args: ['run', ROT13_COMMAND, '--allow-connect', 'nowhere.invalid:80'],
    code: 2,
    says: [/nowhere\.invalid has no address/],
  },
  {
    title: 'a unix socket without a path',
    args: ['run', ROT13_COMMAND, '--listen', 'unix:'],
    code: 2,
    says: [/unix:PATH/],
  },
  {
    title: 'a variable without a name',
    args: ['run', ROT13_COMMAND, ...FREE, '--env', '=value'],
    code: 2,
    says: [/--env =value/, /NAME=VALUE/],
  },
  {
    title: 'a variable to pass on that is not set',
    args: ['run', ROT13_COMMAND, ...FREE, '--env', 'NOT_SET_ANYWHERE'],
    code: 2,
    says: [/NOT_SET_ANYWHERE/, /--env NOT_SET_ANYWHERE=VALUE/],
  },
  {
    title: 'a file that is not there',
    args: ['run', 'no/such.wasm', ...FREE],
    code: 126,
    says: [/no\/such\.wasm/],
  },
  { title: 'a directory', args: ['run', 'build', ...FREE], code: 126, says: [/build/] },
  {
    title: 'a file that is not a module',
    args: ['run', 'package.json', ...FREE],
    code: 126,
    says: [/package\.json/, /WebAssembly|wasm/],
  },
  {
    title: 'an import that nobody offers',
    args: ['run', cGuest('unknown-import'), ...FREE],
    code: 126,
    says: [/moon/, /launch_rocket/],
  },
];

const test = suite('mistakes (command line)');

for (const { title, args, code, says } of mistakes) {
  test(`${title}: exit ${code}`, () => assertMistake(args, code, says));
}

const modules = [
  { title: 'a module without a memory', bytes: wasm({ memories: [] }), says: [/memory/] },
  { title: 'a module without an entry', bytes: wasm({}), says: [/_start/, /turn/] },
];

for (const { title, bytes, says } of modules) {
  test(`${title}: exit 126`, async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'odd.wasm');
      writeFileSync(path, bytes);
      await assertMistake(['run', path], 126, [/odd\.wasm/, ...says]);
    });
  });
}

test('a module cut short: exit 126', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'cut.wasm');
    writeFileSync(path, readFileSync(join(REPOSITORY, ROT13_COMMAND)).subarray(0, 500));
    await assertMistake(['run', path], 126, [/cut\.wasm/]);
  });
});

test('a port in use: exit 125', async () => {
  const other = await listen({ host: '127.0.0.1', port: 0 });
  try {
    const at = other.address();
    assert.ok(at !== null && typeof at === 'object');
    const address = `tcp:127.0.0.1:${at.port}`;
    await assertMistake(['run', ROT13_COMMAND, '--listen', address], 125, [
      new RegExp(address),
      /in use/,
    ]);
  } finally {
    await closed(other);
  }
});

test('a unix path that another server listens on: exit 125, and it stays', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'taken.sock');
    const other = await listen({ path });
    try {
      const args = ['run', ROT13_COMMAND, '--listen', `unix:${path}`];
      await assertMistake(args, 125, [/taken\.sock/, /exists|in use/]);
    } finally {
      await closed(other);
    }
  });
});

test('a unix path where a file lies: exit 125, and the file stays', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'letter.txt');
    writeFileSync(path, 'dear reader');
    await assertMistake(['run', ROT13_COMMAND, '--listen', `unix:${path}`], 125, [/letter\.txt/]);
    assert.is(readFileSync(path, 'utf8'), 'dear reader');
  });
});

test('a unix path given twice: exit 125, and it is gone again', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'twice.sock');
    const both = ['--listen', `unix:${path}`, '--listen', `unix:${path}`];
    await assertMistake(['run', ROT13_COMMAND, ...both], 125, [/twice\.sock/]);
    assert.not(existsSync(path));
  });
});

test('a unix path in a directory that is not there: exit 125', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'no/such.sock');
    const args = ['run', ROT13_COMMAND, '--listen', `unix:${path}`];
    await assertMistake(args, 125, [/no\/such\.sock/, /directory/]);
  });
});

test('our own guest without a listener says how to give it one: exit 2', async () => {
  const { code, stderr } = await runPollux(['run', ROT13_COMMAND]);
  assert.is(code, 2);
  assert.match(stderr, /^[^\n]*--listen tcp:[^\n]*\n$/);
});

test('an address of another machine: exit 125', async () => {
  // 192.0.2.0/24 is set aside for documentation: RFC 5737.
  const args = ['run', ROT13_COMMAND, '--listen', 'tcp:192.0.2.1:0'];
  await assertMistake(args, 125, [/192\.0\.2\.1/]);
});

test('--debug adds where it happened', async () => {
  const { code, stderr } = await runPollux(['run', 'no/such.wasm', '--debug']);
  assert.is(code, 126);
  assert.match(stderr, /^ {4}at /m);
});

test.run();

async function assertMistake(
  args: readonly string[],
  code: number,
  says: readonly RegExp[],
): Promise<void> {
  const end = await runPollux(args);
  assert.is(end.code, code, end.stderr);
  assert.is(end.stdout, '');
  assert.match(end.stderr, /^pollux: [^\n]+\n$/);
  for (const pattern of says) assert.match(end.stderr, pattern);
}

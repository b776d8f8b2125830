// The client of select01 on the real kernel, by the commands that its page gives: what stands before
// its input and behind its connection, and how it ends.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { Child } from './support/child.ts';
import {
  finish,
  outcomeOf,
  runArguments,
  startClient,
  withDeafListener,
  withScript,
} from './support/clients.ts';
import { connectMany, heard, say } from './support/exchange.ts';
import { ROT13_COMMAND, withDirectory } from './support/guests.ts';
import { withServer, withStarted } from './support/server.ts';

const guest = 'build/stdin-client.wasm';

const test = suite('stdin-client (end to end)');

test('lines of a pipe are sent, answers printed, and the end of both is code 0', async () => {
  await withServer({ guest: ROT13_COMMAND }, async (server) => {
    const client = startClient(guest, ['--connect', server.address]);
    client.input.write('Hello\n');
    await client.output('stdout', (text) => (text === 'Uryyb\n' ? true : undefined));
    const outcome = await finish(client, 'World\n');
    assert.equal(outcome, { code: 0, signal: null, stdout: 'Uryyb\nJbeyq\n', stderr: '' });
  });
});

test('with --to it connects by itself', async () => {
  await withServer({ guest: ROT13_COMMAND }, async (server) => {
    const address = server.address.replace('tcp:', '');
    const client = startClient(guest, ['--allow-connect', address], ['--to', address]);
    const outcome = await finish(client, 'Hello\n');
    assert.equal(outcome, { code: 0, signal: null, stdout: 'Uryyb\n', stderr: '' });
  });
});

test('a file is input, and /dev/null is none', async () => {
  await withDirectory(async (directory) => {
    await withServer({ guest: ROT13_COMMAND }, async (server) => {
      const path = join(directory, 'lines');
      writeFileSync(path, 'from a file\n'.repeat(10_000));
      const options = ['--connect', server.address];
      const file = await outcomeOf(startClient(guest, options, [], openSync(path, 'r')));
      assert.is(file.code, 0, file.stderr);
      assert.ok(file.stdout === 'sebz n svyr\n'.repeat(10_000));
      const none = await outcomeOf(startClient(guest, options, [], openSync('/dev/null', 'r')));
      assert.equal(none, { code: 0, signal: null, stdout: '', stderr: '' });
    });
  });
});

test('a line of 4 MB without an end goes to a server that reads late and slowly, whole', async () => {
  const line = randomBytes(2_000_000).toString('hex');
  const received: Buffer[] = [];
  const serve = (socket: Socket): void => {
    const read = (): void => {
      const bytes = socket.read(10_000) ?? socket.read();
      if (bytes !== null) received.push(bytes as Buffer);
      if (!socket.readableEnded) setImmediate(read);
    };
    socket.once('readable', read);
    socket.once('end', () => socket.end('done'));
  };
  await withScript(serve, async (address) => {
    const outcome = await finish(startClient(guest, ['--connect', `tcp:${address}`]), line);
    assert.equal(outcome, { code: 0, signal: null, stdout: 'done', stderr: '' });
    assert.ok(Buffer.concat(received).toString() === line);
  });
});

test('after the end of its input it prints what still comes', async () => {
  const serve = (socket: Socket): void => {
    socket.resume().once('end', () => {
      socket.write('one\n');
      setImmediate(() => socket.end('two\n'.repeat(100_000)));
    });
  };
  await withScript(serve, async (address) => {
    const outcome = await finish(startClient(guest, ['--connect', `tcp:${address}`]), 'bye\n');
    assert.is(outcome.code, 0, outcome.stderr);
    assert.ok(outcome.stdout === `one\n${'two\n'.repeat(100_000)}`);
  });
});

test("the server's end is told while the input is open, after its last answer: code 1", async () => {
  const serve = (socket: Socket): void => void socket.end('last words\n');
  await withScript(serve, async (address) => {
    const outcome = await outcomeOf(startClient(guest, ['--connect', `tcp:${address}`]));
    const stderr = 'guest: server terminated\n';
    assert.equal(outcome, { code: 1, signal: null, stdout: 'last words\n', stderr });
  });
});

test('a reset by the server is told: code 1', async () => {
  const serve = (socket: Socket): void => {
    socket.once('data', () => socket.resetAndDestroy());
  };
  await withScript(serve, async (address) => {
    const client = startClient(guest, ['--connect', `tcp:${address}`]);
    client.input.write('Hello\n');
    const { code, stderr } = await outcomeOf(client);
    assert.equal([code, stderr], [1, 'guest: cannot receive: connection reset\n']);
  });
});

test('the death of rot13-echo is told: code 1', async () => {
  await withStarted({ guest: ROT13_COMMAND }, async (server) => {
    const client = startClient(guest, ['--connect', server.address]);
    client.input.write('Hello\n');
    await client.output('stdout', (text) => (text === 'Uryyb\n' ? true : undefined));
    server.child.kill('SIGKILL');
    const { code, stderr } = await outcomeOf(client);
    assert.equal([code, stderr], [1, 'guest: server terminated\n']);
  });
});

test('a server that accepts late is waited for', async () => {
  await withServer({ guest: 'build/blocking-echo.wasm' }, async (server) => {
    const [first] = await connectMany(server.address, 1);
    say(first);
    await heard(first);
    const client = startClient(guest, ['--connect', server.address]);
    client.input.end('at last\n');
    await once(client.input, 'finish');
    first?.end();
    assert.equal(await outcomeOf(client), {
      ...{ code: 0, signal: null },
      ...{ stdout: 'at last\n', stderr: '' },
    });
  });
});

test('a reader of its output that has gone ends it with a line', async () => {
  await withServer({ guest: ROT13_COMMAND }, async (server) => {
    const client = startClient(guest, ['--connect', server.address]);
    client.closeOutput();
    client.input.write('Hello\n');
    const { code, stderr } = await outcomeOf(client);
    assert.equal([code, stderr], [1, 'guest: cannot write to standard output, errno 64\n']);
  });
});

test('a connection that is refused, and one that is not allowed, are each one line', async () => {
  let closedAddress = '';
  await withScript(
    () => {},
    async (address) => void (closedAddress = address),
  );
  const args = ['--to', closedAddress];
  const refused = await finish(startClient(guest, ['--allow-connect', '127.0.0.1:*'], args));
  const line = `guest: cannot connect to ${closedAddress}:`;
  assert.equal([refused.code, refused.stderr], [1, `${line} connection refused\n`]);
  const allow = `not allowed; allow it with --allow-connect ${closedAddress}`;
  for (const options of [[], ['--allow-connect', '127.0.0.2:*']]) {
    const { code, stderr } = await finish(startClient(guest, options, args));
    assert.equal([code, stderr], [1, `${line} ${allow}\n`]);
  }
});

test('a connection that nobody answers is given up after --connect-timeout-ms', async () => {
  await withDeafListener(async (address) => {
    const args = ['--to', address, '--connect-timeout-ms', '100'];
    const { code, stderr } = await finish(startClient(guest, ['--allow-connect', address], args));
    assert.equal([code, stderr], [1, `guest: cannot connect to ${address}: timed out\n`]);
  });
});

test('without a connection a line says how to give one', async () => {
  const { code, stderr } = await finish(
    startClient(guest, ['--listen', 'tcp:127.0.0.1:0', '--quiet']),
  );
  assert.is(code, 2);
  assert.match(stderr, /^guest: no connection; give one with --connect [^\n]+ --to [^\n]+\n$/);
});

const noTerminal = terminalProblem();
for (const [title, body] of Object.entries(terminalTests())) {
  if (noTerminal === undefined) test(title, body);
  else test.skip(title, noTerminal);
}

/** What a person at a terminal does, by script(1), which makes one. Keys are what the line sends. */
function terminalTests(): Record<string, () => Promise<void>> {
  return {
    'at a terminal a line is answered as it is entered, and Ctrl-D ends it with code 0':
      async () => {
        await atTerminal(async (terminal) => {
          terminal.input.write('\x04');
          const { code, stdout } = await outcomeOf(terminal);
          assert.equal([code, stdout.includes('guest:')], [0, false]);
        });
      },
    'at a terminal Ctrl-D within a line sends what there is of it': async () => {
      await atTerminal(async (terminal) => {
        terminal.input.write('abc\x04');
        await terminal.output('stdout', (text) => (text.includes('nop') ? true : undefined));
        terminal.input.write('\x04');
        assert.is((await outcomeOf(terminal)).code, 0);
      });
    },
    'at a terminal Ctrl-C ends it at once, with code 130': async () => {
      await atTerminal(async (terminal) => {
        terminal.input.write('\x03');
        assert.is((await outcomeOf(terminal)).code, 130);
      });
    },
  };
}

/** Starts the client at a terminal, and has a line answered: it is under way when `body` begins. */
async function atTerminal(body: (terminal: Child) => Promise<void>): Promise<void> {
  await withServer({ guest: ROT13_COMMAND }, async (server) => {
    const words = [process.execPath, ...runArguments(guest, ['--connect', server.address])];
    const command = `exec ${words.map((word) => `'${word}'`).join(' ')}`;
    const terminal = new Child('script', ['-qefc', command, '/dev/null'], {}, 'pipe');
    terminal.input.write('Hello\n');
    await terminal.output('stdout', (text) => (text.includes('Uryyb\r\n') ? true : undefined));
    await body(terminal);
  });
}

function terminalProblem(): string | undefined {
  const { status, stdout } = spawnSync('script', ['-qefc', 'exec tty', '/dev/null'], {
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return status === 0 && stdout.startsWith('/dev/') ? undefined : 'no script(1) of util-linux';
}

test.run();

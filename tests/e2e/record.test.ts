// pollux run --record and --trace, replay, trace, diff: as typed, and where no addon is.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { Child, REPOSITORY } from './support/child.ts';
import { nextText } from './support/exchange.ts';
import { cGuest, ROT13_COMMAND, ROT13_REACTOR, withDirectory } from './support/guests.ts';
import { load, Load } from './support/load.ts';
import {
  COMPLETE,
  CUT,
  recordingIn,
  replayed,
  sizeOf,
  until,
  withoutAddon,
} from './support/recordings.ts';
import { runPollux, Server, withStarted } from './support/server.ts';
import { connect } from './support/target.ts';

const test = suite('recordings (end to end)');
const CONNECTIONS = 50;
const BYTES = 20_000;
/** What a killed process may lose, and some for a busy machine to notice. */
const WRITTEN_SECONDS_MAX = 10;

/** Runs a server that records to `file`, and stops it after `body`. */
async function recorded(
  file: string,
  guest: string,
  body: (server: Server) => Promise<void>,
  options: readonly string[] = [],
): Promise<Server> {
  let kept: Server | undefined;
  await withStarted({ guest, options: ['--record', file, ...options] }, async (server) => {
    kept = server;
    await body(server);
    await server.assertStops('SIGTERM', 143);
  });
  return kept!;
}

async function echo(server: Server, text: string): Promise<string> {
  const client = await connect(server.address);
  client.write(text);
  const answer = await nextText(client);
  client.destroy();
  return answer;
}

const ANSWERS = { [ROT13_COMMAND]: 'rot13', [ROT13_REACTOR]: 'rot13', C: 'same' } as const;
for (const [name, answer] of Object.entries(ANSWERS)) {
  test(`${CONNECTIONS} connections at once are replayed to the same memory: ${name}`, async () => {
    await withDirectory(async (directory) => {
      const file = recordingIn(directory);
      const guest = name === 'C' ? cGuest('poll-echo') : name;
      await recorded(file, guest, async (server) => {
        await load(server.addresses, { active: CONNECTIONS, bytes: BYTES, answer });
      });
      const first = await replayed(file);
      assert.is(first.how, COMPLETE);
      assert.ok(first.calls > CONNECTIONS);
      assert.equal(await replayed(file), first);
      assert.equal((await withoutAddon('diff', file, file)).code, 0);
    });
  });
}

test('a guest that blocks in its calls is recorded as well', async () => {
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    await recorded(file, cGuest('blocking-echo'), async (server) => {
      assert.is(await echo(server, 'one'), 'one');
      assert.is(await echo(server, 'two'), 'two');
    });
    assert.is((await replayed(file)).how, COMPLETE);
  });
});

test('the file is for its owner only, and one that exists is left alone', async () => {
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    await recorded(file, ROT13_COMMAND, async () => {
      assert.is(statSync(file).mode & 0o777, 0o600);
    });
    const before = readFileSync(file);
    const again = await runPollux(['run', cGuest('exit-with'), '--record', file, '--', '0']);
    assert.is(again.code, 125);
    assert.match(again.stderr, /^pollux: can not record to .*: it exists, [^\n]*\n$/);
    assert.ok(readFileSync(file).equals(before));
    const unknown = recordingIn(directory, 'unknown');
    const refused = await runPollux([
      ...['run', cGuest('exit-with'), '--record', unknown, '--trace=nonsense'],
    ]);
    assert.is(refused.code, 2, refused.stderr);
    assert.not(existsSync(unknown), 'a guest that never was left a file');
    const nowhere = await runPollux([
      ...['run', cGuest('exit-with'), '--record', join(directory, 'no', 'file')],
    ]);
    assert.is(nowhere.code, 125);
    assert.match(nowhere.stderr, /the directory does not exist\n$/);
  });
});

test('killed while it sleeps in a wait, it has everything up to its sleep', async () => {
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    await withStarted({ guest: ROT13_COMMAND, options: ['--record', file] }, async (server) => {
      const client = await connect(server.address);
      client.write('Hello');
      assert.is(await nextText(client), 'Uryyb');
      // The answer is out: from here on the guest sleeps.
      await until(WRITTEN_SECONDS_MAX, 'the answer is not in the file', async () => {
        return (await withoutAddon('trace', file)).stdout.includes('"Uryyb"');
      });
      server.child.kill('SIGKILL');
      await server.child.ended;
      client.destroy();
    });
    const { how, calls } = await replayed(file);
    assert.is(how, CUT);
    assert.ok(calls >= 9);
    const printed = await withoutAddon('trace', file);
    assert.match(printed.stdout, /sock_recv\(.*"Hello"\n.*sock_send\(.*"Uryyb"\n$/);
  });
});

test('killed under load, it replays to its last record', async () => {
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    const options = { guest: ROT13_COMMAND, options: ['--record', file] };
    await withStarted(options, async (server) => {
      const running = new Load(server.addresses, { active: 50, bytes: 4_000_000, isCut: true });
      await running.flows();
      await until(WRITTEN_SECONDS_MAX, 'nothing is written', () => sizeOf(file) > 1_000_000);
      server.child.kill('SIGKILL');
      await server.child.ended;
      await running.totals(60);
    });
    const { how, calls } = await replayed(file);
    assert.is(how, CUT);
    assert.ok(calls > 100);
  });
});

test('a full disk ends the recording in one line, and the guest goes on', async () => {
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    // The limit of a file's size, in units of 512 bytes, is met as a full disk is.
    const command = `ulimit -f 400; exec "$0" dist/cli.cjs run ${ROT13_COMMAND} --drain-timeout 0s \
      --listen tcp:127.0.0.1:0 --record "$1"`;
    const child = new Child('sh', ['-c', command, process.execPath, file]);
    try {
      const address = await child.output('stderr', (text) => /on (tcp:\S+)/.exec(text)?.[1]);
      const send = async (text: string): Promise<void> => {
        const client = await connect(address);
        client.write(text);
        for (let bytes = 0; bytes < text.length;) bytes += (await nextText(client)).length;
        client.destroy();
      };
      await send('a'.repeat(400_000));
      const line =
        /^pollux: the recording .* has ended, the guest goes on: writing failed \(EFBIG\)$/m;
      await child.output('stderr', (text) => line.exec(text)?.[0]);
      await send('b'.repeat(400_000));
      assert.is(child.stderr.split('\n').length, 3, child.stderr);
    } finally {
      child.kill('SIGTERM');
      await child.ended;
    }
    assert.is((await replayed(file)).how, CUT);
  });
});

test('a recording that only names its module is replayed with it, and asks for it', async () => {
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    const names = ['--record-names-module'];
    await recorded(
      file,
      ROT13_COMMAND,
      async (server) => {
        assert.is(await echo(server, 'abc'), 'nop');
      },
      names,
    );
    const module = readFileSync(join(REPOSITORY, ROT13_COMMAND));
    assert.not.ok(readFileSync(file).includes(module.subarray(0, 64)));
    const alone = await withoutAddon('replay', file);
    assert.is(alone.code, 126);
    assert.match(alone.stderr, /does not hold its module; name it: pollux replay FILE GUEST.wasm/);
    assert.is((await withoutAddon('replay', file, ROT13_REACTOR)).code, 126);
    assert.is((await replayed(file, ROT13_COMMAND)).how, COMPLETE);
  });
  const nothing = await runPollux(['run', cGuest('exit-with'), '--record-names-module']);
  assert.is(nothing.code, 2);
  assert.match(nothing.stderr, /--record-names-module is about a recording; add --record FILE/);
});

test('a damaged file is refused with the offset, another module by its hash', async () => {
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    await recorded(file, ROT13_COMMAND, async (server) => {
      assert.is(await echo(server, 'abc'), 'nop');
    });
    const other = await withoutAddon('replay', file, ROT13_REACTOR);
    assert.is(other.code, 126);
    const sha256 = createHash('sha256').update(readFileSync(join(REPOSITORY, ROT13_COMMAND)));
    assert.ok(other.stderr.includes(sha256.digest('hex')), other.stderr);
    assert.is((await replayed(file, ROT13_COMMAND)).how, COMPLETE);
    const bytes = readFileSync(file);
    bytes[bytes.length - 10]! ^= 1;
    const damaged = recordingIn(directory, 'damaged.plx');
    writeFileSync(damaged, bytes);
    for (const command of ['replay', 'trace']) {
      const end = await withoutAddon(command, damaged);
      assert.is(end.code, 126);
      assert.match(end.stderr, /^pollux: \S+ is damaged at offset \d+: [^\n]+\n$/);
    }
    const missing = await withoutAddon('replay', join(directory, 'none'));
    assert.is(missing.code, 126);
    assert.match(missing.stderr, /there is no such file/);
    const none = await withoutAddon('replay', ROT13_COMMAND);
    assert.match(none.stderr, /is no recording of Pollux/);
  });
});

test('diff shows where two recordings part', async () => {
  await withDirectory(async (directory) => {
    const files = ['a', 'b'].map((name) => recordingIn(directory, name));
    for (const [index, file] of files.entries()) {
      await recorded(file, ROT13_COMMAND, async (server) => {
        await echo(server, ['same', 'other'][index]!);
      });
    }
    const { code, stdout } = await withoutAddon('diff', ...files);
    assert.is(code, 1);
    assert.match(stdout, /^the first \d+ calls are the same; then\n- .*"same"\n\+ .*"other"\n$/);
  });
});

test('--until stops at a call, and --trace prints what comes to it', async () => {
  await withDirectory(async (directory) => {
    const file = recordingIn(directory);
    await recorded(file, ROT13_COMMAND, async (server) => {
      assert.is(await echo(server, 'abc'), 'nop');
    });
    const end = await withoutAddon('replay', file, '--until', '3', '--trace');
    assert.match(end.stdout, /^replayed 3 calls as far as asked, memory hash/);
    assert.is(end.stderr.split('\n').length, 4);
    const filtered = await withoutAddon('trace', file, '--calls', 'args_get,random_get');
    assert.match(filtered.stdout, /^0\.000000 args_get\(\) = SUCCESS, .*\n$/);
    const wrong = await withoutAddon('trace', file, '--calls', 'nonsense');
    assert.is(wrong.code, 2);
  });
});

test('--trace prints a line for each call, apart from what the guest writes', async () => {
  const guest = cGuest('print-env');
  const plain = await runPollux(['run', guest, '--', 'x']);
  const traced = await runPollux(['run', guest, '--trace', '--', 'x']);
  assert.is(traced.stdout, plain.stdout);
  assert.match(
    traced.stderr,
    /^\d+\.\d{6} args_sizes_get\(\) = SUCCESS, argc 2, .* <\d\.\d{6}>\n/m,
  );
  assert.match(
    traced.stderr,
    / fd_write\(fd 1, \[\d+ at 0x[0-9a-f]+.*\]\) = SUCCESS, nwritten \d+, "arg/,
  );
  const filtered = await runPollux(['run', guest, '--trace=fd_write', '--', 'x']);
  assert.ok(
    filtered.stderr
      .split('\n')
      .slice(0, -1)
      .every((line) => line.includes(' fd_write(')),
  );
  await withDirectory(async (directory) => {
    const file = join(directory, 'trace');
    const apart = await runPollux(['run', guest, '--trace', '--trace-to', file]);
    assert.is(apart.stderr, '');
    assert.match(readFileSync(file, 'utf8'), /proc_exit|fd_write/);
  });
  const wrong = await runPollux(['run', guest, '--trace=fd_wirte']);
  assert.is(wrong.code, 2);
  assert.match(wrong.stderr, /there is no call "fd_wirte" to trace/);
});

test('a guest with a trap, and one with an exit code, replay to those', async () => {
  await withDirectory(async (directory) => {
    for (const [name, code] of [
      ['trap', 134],
      ['exit-with', 7],
    ] as const) {
      const file = recordingIn(directory, name);
      const end = await runPollux(['run', cGuest(name), '--record', file, '--', '7']);
      assert.is(end.code, code, end.stderr);
      assert.is((await replayed(file)).how, COMPLETE);
    }
  });
});

test.run();

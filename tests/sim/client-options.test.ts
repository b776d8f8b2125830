// The command lines of the clients, in the twin: a mistake is one line and code 2.

import * as assert from 'uvu/assert';
import { simulate } from '../../host/sim.ts';
import { suite } from '../support/suite.ts';
import { moduleBytes } from './modules.ts';

const RST = moduleBytes('build/rst-client.wasm');
const STDIN = moduleBytes('build/stdin-client.wasm');

const test = suite('command lines of clients (twin)');

async function refuses(bytes: Uint8Array, args: readonly string[], line: string): Promise<void> {
  const world = await simulate(bytes, { args, listen: [] });
  assert.equal(world.run().end, { reason: 'exited', code: 2 });
  assert.is(world.stderr, `guest: ${line}\n`);
}

const NO_ADDRESSES = [
  ...['localhost:80', '127.0.0.1', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536', ':1', ''],
  ...[
    '1.2.3:4',
    '1.2.3.4.5:6',
    '1.2.3.256:4',
    '1.2.3.04:5',
    '1.2.3.4:05',
    '1..3.4:5',
    '+1.2.3.4:5',
  ],
];
for (const value of NO_ADDRESSES) {
  test(`${JSON.stringify(value)} is no address for --to`, async () => {
    await refuses(RST, ['--to', value], `--to does not take ${value}`);
    await refuses(STDIN, ['--to', value], `--to does not take ${value}`);
  });
}

const TO = ['--to', '127.0.0.1:1'];
const TO_MISSING = '--to is missing: where to connect, such as --to 127.0.0.1:8080';
const ROWS: readonly (readonly [string, Uint8Array, readonly string[], string])[] = [
  ['rst-client', RST, [], TO_MISSING],
  ['rst-client', RST, ['--to'], '--to needs a value'],
  ['rst-client', RST, [...TO, '--count', '0'], '--count does not take 0'],
  ['rst-client', RST, [...TO, '--send', ''], '--send does not take an empty text'],
  ['rst-client', RST, ['--fast'], 'unknown argument --fast'],
  [
    'stdin-client',
    STDIN,
    [...TO, '--connect-timeout-ms', '0'],
    '--connect-timeout-ms does not take 0',
  ],
  ['stdin-client', STDIN, ['--count', '3'], 'unknown argument --count'],
];
for (const [name, bytes, args, line] of ROWS) {
  test(`${[name, ...args.map((arg) => JSON.stringify(arg))].join(' ')} is refused`, () =>
    refuses(bytes, args, line));
}

test.run();

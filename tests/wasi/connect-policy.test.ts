// The policy of connections: what its patterns mean, which are refused and why, and that no address
// is let through that no pattern names. Random addresses and patterns are judged a second time by an
// oracle that is slow and simple: it writes addresses as strings of bits.

import { randomInt } from 'node:crypto';
import * as assert from 'uvu/assert';
import type { Address } from '../../host/kernel/address.ts';
import { parseConnectPattern } from '../../host/wasi/connect-pattern.ts';
import { ConnectPolicy } from '../../host/wasi/connect-policy.ts';
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';
import { ruleOf } from './caller.ts';
import { hostBytes } from './outgoing.ts';

const test = suite('the policy of connections');

/** `127.0.0.1 80`, `::1 80`, `/run/a`: what is judged, and what it becomes. */
function addressOf(text: string): Address {
  if (text.startsWith('/') || !text.includes(' ')) return { family: 'unix', path: text };
  const [host = '', port = ''] = text.split(' ');
  return { family: host.includes(':') ? 'ipv6' : 'ipv4', host, port: Number(port) };
}

function judge(patterns: readonly string[], text: string): string {
  const judged = new ConnectPolicy(patterns.map(ruleOf)).judge(addressOf(text));
  if (judged === undefined) return 'no';
  return judged.family === 'unix' ? judged.path : `${judged.host} ${judged.port}`;
}

const EVERYTHING = ['0.0.0.0/0:*', '[::/0]:*', 'unix:/run/a'];

const ROWS: readonly (readonly [patterns: readonly string[], address: string, answer: string])[] = [
  [[], '127.0.0.1 80', 'no'],
  [[], '/run/a', 'no'],
  [['10.1.2.3:80'], '10.1.2.3 80', '10.1.2.3 80'],
  [['tcp:10.1.2.3:80'], '10.1.2.3 80', '10.1.2.3 80'],
  [['10.1.2.3:80'], '10.1.2.3 81', 'no'],
  [['10.1.2.3:80'], '10.1.2.4 80', 'no'],
  [['10.1.2.3:80'], '::ffff:10.1.2.3 80', '::ffff:10.1.2.3 80'],
  [['10.1.2.3:80'], '::ffff:a01:203 80', '::ffff:10.1.2.3 80'],
  [['10.1.2.3:80'], '::10.1.2.3 80', 'no'],
  [['10.1.2.3:80'], '64:ff9b::10.1.2.3 80', 'no'],
  [['10.1.2.3:80'], '2002:a01:203:: 80', 'no'],
  [['10.0.0.0/8:80'], '10.255.255.255 80', '10.255.255.255 80'],
  [['10.0.0.0/8:80'], '11.0.0.0 80', 'no'],
  [['10.1.2.0/23:80'], '10.1.3.255 80', '10.1.3.255 80'],
  [['10.1.2.0/23:80'], '10.1.4.0 80', 'no'],
  [['1.2.3.4:80', '[2001:db8::/32]:443'], '2001:db8:ffff::1 443', '2001:db8:ffff::1 443'],
  [['[2001:db8::/32]:443'], '2001:db9:: 443', 'no'],
  [['[2001:db8::/33]:443'], '2001:db8:8000:: 443', 'no'],
  [['[2001:db8::1]:443'], '2001:DB8:0::0001 443', '2001:db8::1 443'],
  // The machine itself, by whatever name.
  [['127.0.0.1:80'], '0.0.0.0 80', '127.0.0.1 80'],
  [['127.0.0.1:80'], '::ffff:0.0.0.0 80', '::ffff:127.0.0.1 80'],
  [['127.0.0.1:80'], ':: 80', 'no'],
  [['127.0.0.1:80'], '::1 80', 'no'],
  [['127.0.0.1:80'], '127.0.0.2 80', 'no'],
  [['[::1]:80'], ':: 80', '::1 80'],
  [['[::1]:80'], '0.0.0.0 80', 'no'],
  [['[::1]:80'], '::ffff:127.0.0.1 80', 'no'],
  [['10.0.0.0/8:*'], '0.0.0.0 80', 'no'],
  [['0.0.0.0/8:*'], '0.0.0.0 80', 'no'],
  [['0.0.0.0/8:*'], '0.0.0.1 80', '0.0.0.1 80'],
  // Every IPv6 address is not every address.
  [['[::/0]:*'], '::ffff:10.1.2.3 80', 'no'],
  [['[::ffc0:0:0/90]:*'], '::ffff:10.1.2.3 80', 'no'],
  [['0.0.0.0/0:*'], '::ffff:10.1.2.3 80', '::ffff:10.1.2.3 80'],
  [['0.0.0.0/0:*'], '2001:db8::1 80', 'no'],
  // Ports.
  [['1.2.3.4:80-82'], '1.2.3.4 79', 'no'],
  [['1.2.3.4:80-82'], '1.2.3.4 80', '1.2.3.4 80'],
  [['1.2.3.4:80-82'], '1.2.3.4 82', '1.2.3.4 82'],
  [['1.2.3.4:80-82'], '1.2.3.4 83', 'no'],
  [['1.2.3.4:*'], '1.2.3.4 1', '1.2.3.4 1'],
  [['1.2.3.4:*'], '1.2.3.4 65535', '1.2.3.4 65535'],
  [['1.2.3.4:*'], '1.2.3.4 0', 'no'],
  [['1.2.3.4:*'], '1.2.3.4 65536', 'no'],
  // What is no numeric address is none of them.
  [EVERYTHING, 'localhost 80', 'no'],
  [EVERYTHING, '127.1 80', 'no'],
  [EVERYTHING, '0127.0.0.1 80', 'no'],
  [EVERYTHING, 'fe80::1%lo 80', 'no'],
  [EVERYTHING, '::ffff:127.0.0.1%1 80', 'no'],
  // Paths: byte for byte.
  [EVERYTHING, '/run/a', '/run/a'],
  [EVERYTHING, '/run/A', 'no'],
  [EVERYTHING, '/run/a/', 'no'],
  [EVERYTHING, '/run//a', 'no'],
  [EVERYTHING, '/run/../run/a', 'no'],
  [EVERYTHING, 'run/a', 'no'],
  [EVERYTHING, '/run/a\0b', 'no'],
  [EVERYTHING, '\0run/a', 'no'],
];

for (const [patterns, address, answer] of ROWS) {
  test(`${patterns.join(' and ') || 'nothing'}: ${JSON.stringify(address)} is ${answer}`, () => {
    assert.is(judge(patterns, address), answer);
  });
}

test('a policy without rules says so', () => {
  assert.is(ConnectPolicy.NONE.isEmpty, true);
  assert.is(new ConnectPolicy([ruleOf('1.2.3.4:80')]).isEmpty, false);
});

/** A pattern, and words of the line that refuses it. */
const REFUSED: readonly (readonly [pattern: string, words: string])[] = [
  ['', 'a pattern is HOST:PORT'],
  ['1.2.3.4', 'a pattern is HOST:PORT'],
  ['::1:80', 'a pattern is HOST:PORT'],
  ['[::1]', 'a pattern is HOST:PORT'],
  ['[::1]80', 'a pattern is HOST:PORT'],
  ['http://a:80', 'a pattern is HOST:PORT'],
  [':80', 'the host is missing'],
  ['*:80', 'for every host write 0.0.0.0/0 and [::/0]'],
  ['*.example.org:80', 'neither an address nor the name of a host'],
  ['a_host!:80', 'neither an address nor the name of a host'],
  ['-a:80', 'neither an address nor the name of a host'],
  ['a..b:80', 'neither an address nor the name of a host'],
  ['127.1:80', 'write four numbers'],
  ['2130706433:80', 'write four numbers'],
  ['0x7f000001:80', 'write four numbers'],
  ['127.0.0.01:80', 'write four numbers'],
  ['127.0.0.256:80', 'write four numbers'],
  ['a.b.5:80', 'write four numbers'],
  ['[1.2.3.4]:80', 'is no IPv6 address'],
  ['[:::1]:80', 'is no IPv6 address'],
  ['[fe80::1%eth0]:80', 'without its %'],
  ['0.0.0.0:80', 'write 127.0.0.1'],
  ['[::]:80', 'write [::1]'],
  ['0.0.0.0/32:80', 'write 127.0.0.1'],
  ['[::ffff:1.2.3.4]:80', 'write 1.2.3.4'],
  ['[::ffff:10.0.0.0/104]:80', 'write 10.0.0.0/8'],
  ['10.0.0.1/8:80', 'has bits behind its first 8'],
  ['[2001:db8::1/32]:80', 'has bits behind its first 32'],
  ['10.0.0.0/33:80', 'a number from 0 to 32'],
  ['10.0.0.0/:80', 'a number from 0 to 32'],
  ['10.0.0.0/-1:80', 'a number from 0 to 32'],
  ['10.0.0.0/8/8:80', 'is no IPv4 address'],
  ['[::/129]:80', 'a number from 0 to 128'],
  ['localhost/8:80', 'is no IPv4 address'],
  ['1.2.3.4:', 'from 1 to 65535'],
  ['1.2.3.4:0', 'from 1 to 65535'],
  ['1.2.3.4:65536', 'from 1 to 65535'],
  ['1.2.3.4:http', 'from 1 to 65535'],
  ['1.2.3.4:80-', 'from 1 to 65535'],
  ['1.2.3.4:-80', 'from 1 to 65535'],
  ['1.2.3.4:82-80', 'begin behind their end'],
  ['unix:', 'from the root on'],
  ['unix:run/a', 'from the root on'],
  ['unix:/run/\0a', 'no zero byte'],
  [`unix:/${'a'.repeat(107)}`, 'the path has 108 bytes'],
];

for (const [pattern, words] of REFUSED) {
  test(`${JSON.stringify(pattern).slice(0, 40)} is refused: ${words}`, () => {
    const problem = parseConnectPattern(pattern);
    if (typeof problem !== 'string') throw new Error('it is taken');
    assert.match(problem, words);
    assert.not.match(problem, '\n');
  });
}

test('a name is left to be resolved, with its ports', () => {
  const ports = { first: 80, last: 90 };
  for (const host of ['localhost', 'db.example.org', 'db.example.org.', 'a_b', 'tcp']) {
    assert.equal(parseConnectPattern(`tcp:${host}:80-90`), { kind: 'name', host, ports });
  }
});

// ---- random trials -----------------------------------------------------------------------------

const TRIALS = 5000;
const SEED = Number(process.env['POLLUX_FUZZ_SEED'] ?? randomInt(2 ** 31));

test(`${TRIALS} random addresses are judged as by the oracle, seed ${SEED}`, () => {
  const random = new Random(SEED, 1);
  const counts = { yes: 0, no: 0 };
  for (let trial = 0; trial < TRIALS; trial++) {
    const patterns = Array.from({ length: random.below(4) }, () => randomPattern(random));
    const bytes = randomNear(random, patterns);
    const port = randomPort(random);
    const host = bytes.length === 4 ? bytes.join('.') : groupsText(bytes, random);
    const judged = judge(patterns.map(patternText), `${host} ${port}`);
    const expected = oracle(patterns, bytes, port);
    const told = `seed ${SEED}, trial ${trial}: ${patterns.map(patternText).join(' ')}: ${host} ${port}`;
    assert.is(judged !== 'no', expected !== undefined, told);
    if (expected === undefined) counts.no++;
    else {
      counts.yes++;
      // What is connected to is, bit by bit, what was judged.
      const [judgedHost = '', judgedPort] = judged.split(' ');
      assert.is(meaning(hostBytes(judgedHost)), expected, told);
      assert.is(Number(judgedPort), port, told);
      assert.is(judgedHost.includes(':'), bytes.length === 16, told);
    }
  }
  assert.ok(counts.yes > TRIALS / 20 && counts.no > TRIALS / 20, JSON.stringify(counts));
});

test.run();

interface Pattern {
  readonly bytes: readonly number[];
  readonly prefixBits: number;
  readonly first: number;
  readonly last: number;
}

/** Few values, so that addresses and patterns meet. */
const BYTES = [0, 1, 127, 128, 255];

function randomPattern(random: Random): Pattern {
  for (;;) {
    const all = randomHost(random);
    const prefixBits = random.chance(0.3) ? all.length * 8 : random.below(all.length * 8 + 1);
    const bits = bitsOf(all)
      .slice(0, prefixBits)
      .padEnd(all.length * 8, '0');
    const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
    const ports = [randomPort(random), randomPort(random)].map((port) => Math.max(1, port));
    const pattern = { bytes, prefixBits, first: Math.min(...ports), last: Math.max(...ports) };
    // Those that are refused are not the question here.
    if (typeof parseConnectPattern(patternText(pattern)) !== 'string') return pattern;
  }
}

function patternText({ bytes, prefixBits, first, last }: Pattern): string {
  const ports = `${first}-${last}`;
  if (bytes.length === 4) return `${bytes.join('.')}/${prefixBits}:${ports}`;
  const groups = Array.from({ length: 8 }, (_, at) => {
    return (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16);
  });
  return `[${groups.join(':')}/${prefixBits}]:${ports}`;
}

function randomHost(random: Random): number[] {
  const some = (count: number): number[] =>
    Array.from({ length: count }, () => BYTES[random.below(BYTES.length)] ?? 0);
  if (random.chance(0.5)) return some(4);
  const zeros = Array<number>(10).fill(0);
  if (random.chance(0.5)) return [...zeros, ...[255, 255], ...some(4)];
  return random.chance(0.5) ? [...zeros, ...some(6)] : some(16);
}

/** A host of a pattern, with some of its bits changed, or any. */
function randomNear(random: Random, patterns: readonly Pattern[]): number[] {
  const pattern = patterns[random.below(patterns.length + 1)];
  if (pattern === undefined) return randomHost(random);
  const bits = [...bitsOf(pattern.bytes)].map((bit, at) => {
    return random.chance(at < pattern.prefixBits ? 0.01 : 0.5) ? String(1 - Number(bit)) : bit;
  });
  const bytes = (bits.join('').match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
  const isMappedToo = bytes.length === 4 && random.chance(0.5);
  return isMappedToo ? [...Array<number>(10).fill(0), 255, 255, ...bytes] : bytes;
}

function randomPort(random: Random): number {
  return [0, 1, 2, 80, 443, 65534, 65535][random.below(7)] ?? 0;
}

/** Eight groups, sometimes with the last two as an IPv4 address. */
function groupsText(bytes: readonly number[], random: Random): string {
  const groups = Array.from({ length: 8 }, (_, at) => {
    return (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16);
  });
  if (random.chance(0.5)) return groups.join(':');
  return [...groups.slice(0, 6), bytes.slice(12).join('.')].join(':');
}

const bitsOf = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');

/** Which host an address leads to, as its family and bits. */
function meaning(bytes: readonly number[]): string {
  const bits = bitsOf(bytes);
  const isMapped = bits.length === 128 && bits.startsWith('0'.repeat(80) + '1'.repeat(16));
  const own = isMapped ? bits.slice(96) : bits;
  if (own === '0'.repeat(32)) return bitsOf([127, 0, 0, 1]);
  if (own === '0'.repeat(128)) return `${'0'.repeat(127)}1`;
  return own;
}

/** @returns which host is reached, or undefined when no pattern has it. */
function oracle(
  patterns: readonly Pattern[],
  bytes: readonly number[],
  port: number,
): string | undefined {
  const host = meaning(bytes);
  const isAllowed = patterns.some(({ bytes: network, prefixBits, first, last }) => {
    const bits = bitsOf(network);
    if (bits.length !== host.length || !host.startsWith(bits.slice(0, prefixBits))) return false;
    for (let candidate = first; candidate <= last; candidate++) {
      if (candidate === port) return true;
    }
    return false;
  });
  return isAllowed ? host : undefined;
}

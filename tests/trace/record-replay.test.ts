// Recording and replaying, over imports that are made up: what comes back, what is noticed, what is refused.

import * as assert from 'uvu/assert';
import { PolluxError } from '../../host/base/pollux-error.ts';
import { ReplayDifference } from '../../host/trace/differences.ts';
import { record } from '../../host/trace/record.ts';
import { openRecording, type Recording } from '../../host/trace/recording.ts';
import { replay } from '../../host/trace/replay.ts';
import type { Signature } from '../../host/wasi/signature.ts';
import { MODULE_NAME } from '../../host/wasi/signatures.ts';
import { suite } from '../support/suite.ts';
import { blockOffsets, HEADER_BYTES, withGoodHashes } from './blocks.ts';
import { Op, wasm } from '../support/wasm.ts';
import { BUFFER, EchoHost, echoGuest, LIST } from './echo-guest.ts';
import { recordEcho, recordRun, replayRun } from './recorded.ts';

const test = suite('record and replay');
const MESSAGES = ['Hello', '', 'x'.repeat(500), '\0\xff', 'end'].filter(Boolean);

/** A guest that calls one import, and then writes a 7 at 8. */
function calls(name: string, type: string, parameters: readonly number[]): Uint8Array {
  return wasm({
    imports: [[MODULE_NAME, name, type]],
    functions: {
      _start: [
        '->',
        [
          ...parameters.flatMap(Op.i32),
          ...Op.call(0),
          ...(type.endsWith('->') ? [] : Op.DROP),
          ...Op.store(8, Op.i32(7)),
        ],
      ],
    },
    data: [[LIST, [...word(BUFFER), ...word(16)]]],
  });
}

const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

/** The guest's memory, for imports that write to it. */
class Memory {
  #memory: WebAssembly.Memory | undefined;
  readonly use = (instance: WebAssembly.Instance): void => {
    this.#memory = instance.exports['memory'] as WebAssembly.Memory;
  };

  get view(): DataView {
    return new DataView((this.#memory as WebAssembly.Memory).buffer);
  }
}

function difference(body: () => unknown): ReplayDifference {
  try {
    body();
  } catch (error) {
    if (error instanceof ReplayDifference) return error;
    throw error;
  }
  throw new Error('nothing differed');
}

test('a replay comes to the same memory, and to the same end', () => {
  const host = new EchoHost(MESSAGES);
  let live: WebAssembly.Memory | undefined;
  const { bytes } = recordRun(echoGuest(), host.imports, (instance) => {
    host.use(instance);
    live = instance.exports['memory'] as WebAssembly.Memory;
  });
  assert.equal(host.sent, [...MESSAGES, '']);
  const recording = openRecording(bytes);
  const replayed = replay(recording);
  let memory: WebAssembly.Memory | undefined;
  const end = replayed.run(() => {
    const module = new WebAssembly.Module(recording.module() as Uint8Array);
    const instance = new WebAssembly.Instance(module, replayed.imports);
    memory = instance.exports['memory'] as WebAssembly.Memory;
    return instance;
  });
  assert.equal(new Uint8Array(memory!.buffer), new Uint8Array(live!.buffer));
  const { memoryHash, ...rest } = end;
  assert.equal(rest, { reason: 'complete', calls: 2 * (MESSAGES.length + 1), outcome: 'returned' });
  assert.match(String(memoryHash), /^[0-9a-f]{16}$/);
});

test('each byte of each message, changed, is reported at the call that sends it', () => {
  const bytes = recordEcho(['abc', 'defg']);
  for (const [message, call] of [
    ['abc', 2],
    ['defg', 4],
  ] as const) {
    for (let index = 0; index < message.length; index++) {
      const found = difference(() => replayRun(changeReceived(bytes, message, index)));
      assert.is(found.call, call, found.message);
      assert.match(found.recorded, /^sock_send\(fd 5, .* = SUCCESS, so_datalen \d, sent bytes of/);
      assert.match(found.made, /^sock_send\(fd 5, .*which begin "/);
    }
  }
});

test('a guest that makes another call is stopped there, and both sides are shown', () => {
  const module = (name: string, flags: number): Uint8Array =>
    calls(name, 'i32 i32->i32', [4, flags]);
  const imports = {
    [MODULE_NAME]: { sock_shutdown: () => 0, fd_fdstat_set_flags: () => 0 },
  };
  const { bytes } = recordRun(module('sock_shutdown', 2), imports);
  const other = difference(() => replayRun(bytes, { module: module('fd_fdstat_set_flags', 4) }));
  assert.is(other.recorded, 'sock_shutdown(fd 4, WR) = SUCCESS');
  assert.is(other.made, 'fd_fdstat_set_flags(fd 4, NONBLOCK)');
  assert.is(other.call, 1);
  const flags = difference(() => replayRun(bytes, { module: module('sock_shutdown', 3) }));
  assert.is(flags.made, 'sock_shutdown(fd 4, RD|WR)');
  assert.is(flags.code, 'REPLAY_DIFFERS');
});

test('a guest whose memory differs at the end only is told by the hash', () => {
  const guest = (value: number): Uint8Array =>
    wasm({ functions: { _start: ['->', Op.store(8, Op.i32(value))] } });
  const { bytes } = recordRun(guest(1), {});
  assert.is(replayRun(bytes).reason, 'complete');
  const found = difference(() => replayRun(bytes, { module: guest(2) }));
  assert.match(found.recorded, /^the end, with 1 pages and the memory hash [0-9a-f]{16}$/);
});

test('the list of buffers may lie under a buffer, and under the count', () => {
  const memory = new Memory();
  const imports = {
    [MODULE_NAME]: {
      fd_read: (_fd: number, list: number, _count: number, out: number) => {
        // The first buffer is over the list itself; what is read names other places.
        const { view } = memory;
        for (let at = 0; at < 16; at++) view.setUint8(list + at, 0xee);
        view.setUint32(BUFFER, 0x01020304, true);
        view.setUint32(out, 20, true);
        return 0;
      },
    },
  };
  const module = wasm({
    imports: [[MODULE_NAME, 'fd_read', 'i32 i32 i32 i32->i32']],
    functions: {
      _start: ['->', [...[3, LIST, 2, LIST + 4].flatMap(Op.i32), ...Op.call(0), ...Op.DROP]],
    },
    data: [[LIST, [...word(LIST), ...word(16), ...word(BUFFER), ...word(8)]]],
  });
  const { bytes } = recordRun(module, imports, memory.use);
  assert.is(replayRun(bytes).reason, 'complete');
});

test('what an unwound call had written is there again, and the guest is left', () => {
  const memory = new Memory();
  class Leave extends Error {}
  const imports = {
    [MODULE_NAME]: {
      random_get: (pointer: number) => {
        memory.view.setUint32(pointer, 0xabcdef, true);
        throw new Leave();
      },
    },
  };
  const module = calls('random_get', 'i32 i32->i32', [BUFFER, 300]);
  const { bytes, thrown } = recordRun(module, imports, memory.use);
  assert.instance(thrown, Leave);
  const end = replayRun(bytes);
  assert.equal([end.reason, end.outcome, end.calls], ['complete', 'unwound', 1]);
});

test('a guest that catches what an import throws, goes on and calls again, is replayed so', () => {
  const imports = {
    [MODULE_NAME]: {
      proc_exit: () => {
        throw new Error('exit');
      },
    },
  };
  const exit = [...Op.i32(3), ...Op.call(0)];
  const module = wasm({
    imports: [[MODULE_NAME, 'proc_exit', 'i32->']],
    functions: {
      _start: [
        '->',
        [...Op.catchAll(exit), ...Op.store(8, Op.i32(1)), ...Op.catchAll(exit), ...exit],
      ],
    },
  });
  const { bytes } = recordRun(module, imports);
  const end = replayRun(bytes);
  assert.equal([end.reason, end.outcome, end.calls], ['complete', 'unwound', 3]);
});

test('a trap is an end like another', () => {
  const module = wasm({
    functions: { _start: ['->', [...Op.store(8, Op.i32(9)), ...Op.UNREACHABLE]] },
  });
  const { bytes, thrown } = recordRun(module, {});
  assert.instance(thrown, WebAssembly.RuntimeError);
  assert.is(replayRun(bytes).outcome, 'trapped');
});

test('calls into the guest keep their arguments and answers, of every type', () => {
  const add = [0x20, 0, 0x20, 1, ...Op.ADD];
  const module = wasm({ functions: { add: ['i32 i32->i32', add], wide: ['i64->i64', [0x20, 0]] } });
  const recorded = record({}, { module });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), recorded.imports);
  const exports = recorded.attach(instance) as {
    add: (a: number, b: number) => number;
    wide: (a: bigint) => bigint;
  };
  assert.is(exports.add(2 ** 31 - 1, 1), -(2 ** 31));
  assert.is(exports.add(-1, 1.5), 0);
  assert.is(exports.wide(-(2n ** 63n)), -(2n ** 63n));
  const bytes = recorded.finish();
  assert.is(replayRun(bytes).reason, 'complete');
  const entries = openRecording(bytes).entries();
  const kinds = Array.from({ length: 7 }, () => entries.next());
  assert.equal(kinds[2], { kind: 'enter', name: 'add', arguments: [-1, 1.5] });
  assert.equal(kinds[5], { kind: 'returned', value: -(2n ** 63n) });
  const subtract = wasm({
    functions: {
      add: ['i32 i32->i32', [0x20, 0, 0x20, 1, ...Op.SUB]],
      wide: ['i64->i64', [0x20, 0]],
    },
  });
  const found = difference(() => replayRun(bytes, { module: subtract }));
  assert.is(found.recorded, `the guest's return of ${-(2 ** 31)}`);
  assert.is(found.made, `the guest's return of ${2 ** 31 - 2}`);
});

test('a memory that grows between two calls stays known', () => {
  const memory = new Memory();
  const imports = {
    [MODULE_NAME]: {
      random_get: (pointer: number, lengthBytes: number) => {
        for (let at = 0; at < lengthBytes; at++) memory.view.setUint8(pointer + at, 0x5a);
        return 0;
      },
    },
  };
  const get = (pointer: number): number[] => [
    ...[pointer, 1000].flatMap(Op.i32),
    ...Op.call(0),
    ...Op.DROP,
  ];
  const grow = [...Op.i32(3), ...Op.GROW, ...Op.DROP];
  const module = wasm({
    imports: [[MODULE_NAME, 'random_get', 'i32 i32->i32']],
    functions: { _start: ['->', [...get(100), ...grow, ...get(200_000)]] },
  });
  const { bytes } = recordRun(module, imports, memory.use);
  assert.is(replayRun(bytes).reason, 'complete');
});

test('a replay stops where it is asked to', () => {
  const bytes = recordEcho(['a', 'b', 'c']);
  const end = replayRun(bytes, { untilCall: 3 });
  assert.equal([end.reason, end.calls], ['until', 3]);
});

test('a guest that computed for ever when its recording was cut off is left at its last call', () => {
  const module = wasm({
    imports: [[MODULE_NAME, 'sched_yield', '->i32']],
    functions: { _start: ['->', [...Op.call(0), ...Op.DROP, ...Op.LOOP]] },
  });
  const imports = { [MODULE_NAME]: { sched_yield: () => 0 } };
  // The same calls of a guest that ends, without the records of its end.
  const ending = wasm({
    imports: [[MODULE_NAME, 'sched_yield', '->i32']],
    functions: { _start: ['->', [...Op.call(0), ...Op.DROP]] },
  });
  const { bytes } = recordRun(ending, imports);
  const records = blockOffsets(bytes).findLast(({ kind }) => kind === 3);
  assert.ok(records);
  for (let length = bytes.length - 1; length > records.at + HEADER_BYTES; length--) {
    const recording = openRecording(bytes.slice(0, length));
    if (callCount(recording) === 0 || hasLeft(recording)) continue;
    const end = replayRun(bytes.slice(0, length), { module });
    assert.equal([end.reason, end.calls], ['cut', 1]);
    return;
  }
  assert.unreachable('no cut is right after the call');
});

test('a guest that was changed is replayed by its calls alone, where that is asked for', () => {
  const bytes = recordEcho(['abc']);
  const changed = changeReceived(bytes, 'abc', 0);
  assert.is(replayRun(changed, { compare: 'calls' }).reason, 'complete');
});

test('a function without a signature is refused by name, and recorded with one', () => {
  const imports = { env: { now: (out: number) => out } };
  assert.throws(
    () => record(imports),
    (error: unknown) =>
      error instanceof PolluxError &&
      error.code === 'CANNOT_RECORD' &&
      error.message.startsWith('env.now has no signature'),
  );
  const memory = new Memory();
  const now: Signature = {
    name: 'now',
    parameters: [{ name: 'time', type: 'i32', kind: 'out' }],
    result: 'errno',
    outputs: [{ kind: 'value', pointer: 0, lengthBytes: 8 }],
  };
  const signatures = { env: [now] };
  const module = wasm({
    imports: [['env', 'now', 'i32->i32']],
    functions: { _start: ['->', [...Op.i32(BUFFER), ...Op.call(0), ...Op.DROP]] },
  });
  const env = {
    now: (out: number) => {
      memory.view.setBigUint64(out, 123_456_789_012n, true);
      return 0;
    },
  };
  const { bytes } = recordRun(module, { env }, memory.use, { signatures });
  assert.is(replayRun(bytes, { signatures }).reason, 'complete');
  assert.throws(() => openRecording(bytes), /has calls of env\.now, which has no signature here/);
});

test('a memory that threads share is refused', () => {
  const module = wasm({ functions: {}, memories: [[3, 1, 1]] });
  const recorded = record({});
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), recorded.imports);
  assert.throws(() => recorded.attach(instance), /shared/);
});

test('an import that calls back into the guest is refused', () => {
  const module = calls('sched_yield', '->i32', []);
  let exports: Record<string, unknown> = {};
  const recorded = record({
    [MODULE_NAME]: { sched_yield: () => (exports['_start'] as () => void)() },
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), recorded.imports);
  exports = recorded.attach(instance);
  assert.throws(exports['_start'] as () => void, /called by an import/);
});

test('an answer that is no errno ends the recording, not the guest', () => {
  const module = calls('sched_yield', '->i32', []);
  const recorded = record({ [MODULE_NAME]: { sched_yield: () => -1 } });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), recorded.imports);
  (recorded.attach(instance)['_start'] as () => void)();
  const { memory } = instance.exports as { memory: WebAssembly.Memory };
  assert.is(new Uint8Array(memory.buffer)[8], 7);
  assert.throws(() => recorded.finish(), /answered -1, which is no errno/);
});

test('an instance whose start function an import ended is replayed so', () => {
  const module = wasm({
    imports: [[MODULE_NAME, 'sched_yield', '->i32']],
    functions: { begin: ['->', [...Op.call(0), ...Op.DROP]] },
    start: 'begin',
  });
  const recorded = record(
    {
      [MODULE_NAME]: {
        sched_yield: () => {
          throw new Error('not yet');
        },
      },
    },
    { module },
  );
  assert.throws(() => new WebAssembly.Instance(new WebAssembly.Module(module), recorded.imports));
  const end = replayRun(recorded.finish());
  assert.equal([end.reason, end.calls, end.memoryHash], ['complete', 1, undefined]);
});

test.run();

function entriesOf(recording: Recording): string[] {
  const entries = recording.entries();
  const kinds: string[] = [];
  for (let entry = entries.next(); entry !== undefined; entry = entries.next()) {
    kinds.push(entry.kind);
  }
  return kinds;
}

const callCount = (recording: Recording): number =>
  entriesOf(recording).filter((kind) => kind === 'call').length;

const hasLeft = (recording: Recording): boolean => entriesOf(recording).includes('returned');

/** The same recording but for one byte that was received, and whole in every other way. */
function changeReceived(bytes: Uint8Array, message: string, index: number): Uint8Array {
  const changed = bytes.slice();
  const at = Buffer.from(changed.buffer).lastIndexOf(message);
  assert.is.not(at, -1);
  changed[at + index]! ^= 1;
  return withGoodHashes(changed);
}

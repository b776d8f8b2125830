// Goal: the contract suite can fail. Method: break one rule of a native kernel at a time, run the
// whole contract over it and see that the row of that rule fails.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const RUNNER = fileURLToPath(new URL('../../scripts/test.mjs', import.meta.url));

/** Each: the rule that is broken, how, and the title of a row that has to fail. */
const FAULTS: readonly { name: string; plant: string; row: string }[] = [
  {
    name: 'timeouts-in-milliseconds',
    plant: `kernel.waitFew = (few, ns) => waitFew(few, Math.floor(ns / 1e6) * 1e6);`,
    row: 'a wait is never shorter than asked',
  },
  {
    name: 'wake-not-sticky',
    plant: `kernel.wait = (...all) => {
      const result = wait(...all);
      if (result === -11) kernel.consumeWake();
      return result;
    };`,
    row: 'a wake before the wait ends it, and every one after it until it is consumed',
  },
  {
    name: 'reset-as-end',
    plant: `kernel.recv = (...all) => {
      const count = recv(...all);
      return count === -15 ? 0 : count;
    };`,
    row: 'a reset gives CONNRESET once and then 0 for ever',
  },
  {
    name: 'half-close-as-hangup',
    plant: `kernel.waitFew = (few, ns) => {
      const count = waitFew(few, ns);
      if (few.readiness(0) & 16) few.words[3] |= 8;
      return count;
    };`,
    row: 'READ_HANGUP is reported only where interest asks for it',
  },
  {
    name: 'close-twice',
    plant: `kernel.close = (handle) => { close(handle); return 0; };`,
    row: 'a closed handle answers BADF in every call',
  },
  {
    name: 'unfair-list',
    plant: `kernel.wait = (set, ns, ready) => {
      const all = new ReadyList(64);
      const count = wait(set, ns, all);
      if (count <= ready.capacityCount) {
        ready.pairs.set(all.pairs.subarray(0, 2 * ready.capacityCount));
        return count;
      }
      const handles = Array.from({ length: count }, (_, at) => all.pairs[2 * at]);
      handles.sort((left, right) => left - right);
      for (let at = 0; at < ready.capacityCount; at++) ready.pairs.set([handles[at], 1], 2 * at);
      return ready.capacityCount;
    };`,
    row: 'a list smaller than what is ready is fair: the rest comes first next time',
  },
  {
    name: 'edge-as-level',
    plant: `kernel.watch = (set, handle, interest, mode) =>
      watch(set, handle, interest, mode === 1 ? 0 : mode);`,
    row: 'an edge is reported once, and again when more arrives',
  },
  {
    name: 'error-not-taken',
    plant: `let error = 0;
    kernel.takeError = (handle) => {
      const now = takeError(handle);
      if (now > 0) error = now;
      return error || now;
    };`,
    row: 'takeError takes the pending error off the socket',
  },
  {
    name: 'accept-latest-first',
    plant: `kernel.accept = (listener) => {
      const taken = [];
      for (let one = accept(listener); one >= 0; one = accept(listener)) taken.push(one);
      return taken.length > 0 ? taken.pop() : accept(listener);
    };`,
    row: 'connections are taken in the order in which they were made',
  },
  {
    name: 'byte-too-many',
    plant: `kernel.random = (pointer, length) => random(pointer, length > 0 ? length + 1 : 0);`,
    row: 'random fills its piece of memory and nothing else',
  },
];

const METHODS = ['recv', 'close', 'watch', 'takeError', 'accept', 'random'];

/** A broken kernel may wait for ever for what it has lost. The row has to fail, not to hang. */
const ENDING_WAITS = `
  const [waitOn, waitFewOn] = [kernel.wait.bind(kernel), kernel.waitFew.bind(kernel)];
  const wait = (set, ns, ready) => waitOn(set, ns > 5e8 ? 5e8 : ns, ready);
  const waitFew = (few, ns) => waitFewOn(few, ns > 5e8 ? 5e8 : ns);
  Object.assign(kernel, { wait, waitFew });`;

const test = suite('the contract finds');
const folder = mkdtempSync(join(tmpdir(), 'pollux-planted-'));
let output = '';

test.before(() => {
  const here = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const { name, plant } of FAULTS) {
    const source = `
      import { kernelContract } from ${here('all.ts')};
      import { makeNativeKernel } from ${here('native-peers.ts')};
      import { nativeSkips } from ${here('native-skips.ts')};
      import { ReadyList } from ${here('../../host/kernel/ready-list.ts')};
      kernelContract((stdio) => {
        const world = makeNativeKernel(stdio);
        const kernel = world.kernel as any;
        ${METHODS.map((name) => `const ${name} = kernel.${name}.bind(kernel);`).join('\n')}
        ${ENDING_WAITS}
        ${plant}
        return world;
      }, nativeSkips());`;
    writeFileSync(join(folder, `${name}.test.ts`), source);
  }
  output = spawnSync(process.execPath, [RUNNER, '--root', folder, '--limit', '50'], {
    encoding: 'utf8',
  }).stdout;
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

for (const { name, row } of FAULTS) {
  test(name.replaceAll('-', ' '), () => {
    const start = output.indexOf(`/${name}.test.ts: `);
    const end = output.indexOf(`/${name}.test.ts: exited`);
    assert.ok(start >= 0 && end > start, output.slice(-2000));
    assert.ok(output.slice(start, end).includes(`"${row}"`), output.slice(start, end));
  });
}

test.run();

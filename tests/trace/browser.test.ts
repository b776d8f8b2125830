// pollux/trace in a page: bundled as for one, run where there is nothing of Node.

import vm from 'node:vm';
import { build } from 'esbuild';
import * as assert from 'uvu/assert';
import { fileURLToPath } from 'node:url';
import { suite } from '../support/suite.ts';
import { echoGuest } from './echo-guest.ts';
import { recordEcho } from './recorded.ts';

const test = suite('pollux/trace in a browser');
const entry = fileURLToPath(new URL('../../host/trace/index.ts', import.meta.url));

/** What a page has, and of what this needs. */
const PAGE = { TextEncoder, TextDecoder, performance };

async function bundle(): Promise<string> {
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'trace',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  });
  return built.outputFiles[0]!.text;
}

test('the bundle has no import of Node, records, and replays what Node recorded', async () => {
  const code = await bundle();
  assert.not.match(code, /node:/);
  const page = vm.createContext({
    ...PAGE,
    guest: echoGuest(),
    recording: recordEcho(['from Node']),
  });
  vm.runInContext(code, page);
  const result = vm.runInContext(
    `
    (() => {
      const bytes = Uint8Array.from(guest);
      const recorded = Uint8Array.from(recording);
      const module = new WebAssembly.Module(bytes);
      const replayed = trace.replay(recorded);
      const first = replayed.run(() => new WebAssembly.Instance(module, replayed.imports));
      let memory;
      const imports = {
        wasi_snapshot_preview1: {
          sock_recv: (fd, list, count, flags, out) => {
            new DataView(memory.buffer).setUint32(out, 0, true);
            return 0;
          },
          sock_send: (fd, list, count, flags, out) => 0,
        },
      };
      const live = trace.record(imports, { module: bytes });
      const instance = new WebAssembly.Instance(module, live.imports);
      memory = instance.exports.memory;
      live.attach(instance)._start();
      const again = trace.replay(live.finish());
      const second = again.run(() => new WebAssembly.Instance(module, again.imports));
      return JSON.stringify([typeof process, typeof Buffer, first, second]);
    })()`,
    page,
  ) as string;
  const [process, buffer, first, second] = JSON.parse(result) as [string, string, object, object];
  assert.equal([process, buffer], ['undefined', 'undefined']);
  const { memoryHash: _first, ...told } = first as Record<string, unknown>;
  assert.equal(told, { reason: 'complete', calls: 4, outcome: 'returned' });
  assert.is((second as Record<string, unknown>)['calls'], 2);
});

test.run();

// exitProcess ends a process that process.exit() can't end: one with a worker in a system call.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const NATIVE = new URL('../../host/kernel/native/', import.meta.url).href;
const SUPPORT = new URL('../support/worker.ts', import.meta.url).href;
const WORKER = new URL('native-worker.ts', import.meta.url).href;

const test = suite('exitProcess');

test('it ends the process at once, with its code and without exit handlers', () => {
  const script = `
    import { once } from 'node:events';
    const { startWorker } = await import(${JSON.stringify(SUPPORT)});
    const { exitProcess } = await import(${JSON.stringify(NATIVE)} + 'process.ts');
    const { createWake } = await import(${JSON.stringify(NATIVE)} + 'wake.ts');
    const worker = startWorker(new URL(${JSON.stringify(WORKER)}));
    await once(worker, 'message');
    worker.postMessage({ act: 'wait', wakeDescriptor: createWake() });
    await once(worker, 'message');
    process.on('exit', () => console.log('an exit handler ran'));
    exitProcess(7);`;
  const result = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)), timeout: 30_000 },
  );
  assert.equal([result.status, result.stdout, result.stderr], [7, '', '']);
});

test.run();

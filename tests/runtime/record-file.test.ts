// The file of a recording that grows faster than parts of a block are ever taken.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { DISK_BLOCK_BYTES } from '../../host/runtime/append-file.ts';
import { BlockKind } from '../../host/trace/format.ts';
import { openRecording } from '../../host/trace/recording.ts';
import { MODULE_NAME } from '../../host/wasi/signatures.ts';
import { REPOSITORY } from '../e2e/support/child.ts';
import { withDirectory } from '../e2e/support/guests.ts';
import { suite } from '../support/suite.ts';
import { Op, wasm } from '../support/wasm.ts';
import { blockOffsets } from '../trace/blocks.ts';

const CALL_COUNT = 300;
const CALL_BYTES = 60_000;
/** CALL_COUNT * CALL_BYTES are 18 MB, of which some may have been taken before a block was full. */
const WHOLE_COUNT_MIN = 3;

const test = suite('the file of a recording');

test('whole blocks begin where a block of the disk does, and are replayed to the same end', async () => {
  await withDirectory((directory) => {
    const [guest, path] = [join(directory, 'guest.wasm'), join(directory, 'guest.plx')];
    const call = [...[0, CALL_BYTES].flatMap(Op.i32), ...Op.call(0), ...Op.DROP];
    const body = Array.from({ length: CALL_COUNT }, () => call).flat();
    const imports: [string, string, string][] = [[MODULE_NAME, 'random_get', 'i32 i32->i32']];
    writeFileSync(guest, wasm({ imports, functions: { _start: ['->', body] } }));
    pollux('run', guest, '--record', path);
    const file = readFileSync(path);
    openRecording(file); // refuses a block whose hash is not that of its bytes
    const blocks = blockOffsets(file);
    const wholes = blocks.filter(({ kind }, index) => {
      return kind === BlockKind.RECORDS && blocks[index + 1]?.kind === BlockKind.FILLER;
    });
    const aligned = wholes.filter(({ at }) => at % DISK_BLOCK_BYTES === 0);
    assert.ok(aligned.length >= WHOLE_COUNT_MIN, `${aligned.length} whole blocks`);
    const behind = blocks.filter((_, index) => blocks[index - 1]?.kind === BlockKind.FILLER);
    for (const { at } of behind) assert.is(at % DISK_BLOCK_BYTES, 0);
    assert.match(pollux('replay', path), new RegExp(`replayed ${CALL_COUNT} calls`));
    return Promise.resolve();
  });
});

test.run();

function pollux(...words: string[]): string {
  const command = [join(REPOSITORY, 'dist/cli.cjs'), ...words];
  return execFileSync(process.execPath, command, { encoding: 'utf8' });
}

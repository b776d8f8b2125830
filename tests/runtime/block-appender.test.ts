// Where the blocks of a recording come to lie in its file: parts one behind the other, a whole block
// where a block of the disk's begins, and a filler between them that always fits.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { DISK_BLOCK_BYTES } from '../../host/runtime/append-file.ts';
import { BlockAppender } from '../../host/runtime/block-appender.ts';
import { BlockKind, FILE_HEADER_BYTES } from '../../host/trace/format.ts';
import { createSharedBlocks, type SharedBlocks } from '../../host/trace/shared-blocks.ts';
import { suite } from '../support/suite.ts';
import { blockOffsets, HEADER_BYTES, withGoodHashes } from '../trace/blocks.ts';

const BLOCK_BYTES = 2 * 1024 * 1024;
const STAGE_BYTES = 256 * 1024;
const RECORDS_BYTES_MAX = BLOCK_BYTES - 2 * HEADER_BYTES;

const test = suite('the blocks of a recording in its file');
const directory = mkdtempSync(join(tmpdir(), 'pollux-blocks-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** The blocks' memory, its first block full of records. */
function world(): { blocks: SharedBlocks; block: Uint8Array } {
  const blocks = createSharedBlocks(2, STAGE_BYTES);
  const block = new Uint8Array(blocks.memory.buffer, 0, BLOCK_BYTES);
  for (let at = 0; at < BLOCK_BYTES; at++) block[at] = Math.imul(at, 0x9e37_79b1) >>> 24;
  return { blocks, block };
}

/** @returns the file that `append` has made */
function fileOf(blocks: SharedBlocks, append: (to: BlockAppender) => void) {
  const path = join(directory, 'file');
  const descriptor = openSync(path, 'w+');
  writeSync(descriptor, new Uint8Array(FILE_HEADER_BYTES));
  const appender = new BlockAppender(blocks, descriptor, FILE_HEADER_BYTES);
  append(appender);
  appender.flush();
  appender.close();
  closeSync(descriptor);
  const file = readFileSync(path);
  assert.is(file.length, appender.lengthBytes);
  return file;
}

function recordsOf(file: Buffer): Buffer {
  const records = blockOffsets(file).filter(({ kind }) => kind === BlockKind.RECORDS);
  return Buffer.concat(
    records.map(({ at, lengthBytes }) => {
      return file.subarray(at + HEADER_BYTES, at + HEADER_BYTES + lengthBytes);
    }),
  );
}

for (const missingBytes of [0, 1, 23, 24, 25, 48, 4095]) {
  test(`a whole block begins at a disk's block when ${missingBytes} bytes are missing to one`, () => {
    for (const lengthBytes of [1, 5000, RECORDS_BYTES_MAX]) {
      const { blocks, block } = world();
      const partBytes = 2 * DISK_BLOCK_BYTES - FILE_HEADER_BYTES - HEADER_BYTES - missingBytes;
      const part = block.slice(HEADER_BYTES, HEADER_BYTES + partBytes);
      const whole = block.slice(HEADER_BYTES, HEADER_BYTES + lengthBytes);
      const file = fileOf(blocks, (to) => {
        to.appendPart(block.subarray(HEADER_BYTES, HEADER_BYTES + partBytes));
        to.appendWhole(block, lengthBytes);
        to.appendPart(new Uint8Array(blocks.memory.buffer, BLOCK_BYTES + HEADER_BYTES, 10));
      });
      assert.is(Buffer.compare(recordsOf(file), Buffer.concat([part, whole, Buffer.alloc(10)])), 0);
      assert.is(Buffer.compare(withGoodHashes(file), file), 0, 'every hash is right');
      const records = blockOffsets(file).filter(({ kind }) => kind === BlockKind.RECORDS);
      const [, wholeAt = NaN, behindAt = NaN] = records.map(({ at }) => at);
      assert.is(wholeAt % DISK_BLOCK_BYTES, 0);
      assert.is(behindAt, wholeAt + BLOCK_BYTES, 'it is as long as it was');
      const fillerBytes = wholeAt - (FILE_HEADER_BYTES + HEADER_BYTES + partBytes);
      assert.ok(fillerBytes <= HEADER_BYTES + DISK_BLOCK_BYTES, `${fillerBytes} bytes of filler`);
    }
  });
}

test('a disk that was late once is helped by the page cache from then on', () => {
  const { blocks } = world();
  fileOf(blocks, (to) => {
    to.noteBehind(32);
    assert.not(to.isHurried);
    to.noteBehind(33);
    assert.ok(to.isHurried);
    to.noteBehind(0);
    assert.ok(to.isHurried);
  });
});

test.run();

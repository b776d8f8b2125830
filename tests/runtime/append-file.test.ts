// The file that a recording is written to: whatever comes, in whatever pieces, is behind what was there.

import {
  closeSync,
  constants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { AppendFile } from '../../host/runtime/append-file.ts';
import { Random } from '../e2e/support/random.ts';
import { suite } from '../support/suite.ts';

const PAGE_BYTES = 65_536;
const STAGE_PAGES = 4;
const SEED = 11;
const PATTERN = Uint8Array.from({ length: 16 * 1024 * 1024 }, (_, at) => Math.imul(at, SEED) >>> 5);

const test = suite('a file that is appended to');
const directory = mkdtempSync(join(tmpdir(), 'pollux-append-'));
const path = join(directory, 'file');
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

function withFile(lengthBytes: number, run: (file: AppendFile, descriptor: number) => void): void {
  const descriptor = openSync(path, 'w+');
  const file = new AppendFile(fill(descriptor, lengthBytes), lengthBytes, stage());
  try {
    run(file, descriptor);
  } finally {
    file.close();
    closeSync(descriptor);
  }
}

const stage = (): Uint8Array =>
  new Uint8Array(new WebAssembly.Memory({ initial: STAGE_PAGES }).buffer);

function fill(descriptor: number, lengthBytes: number): number {
  writeSync(descriptor, bytesOf(0, lengthBytes));
  return descriptor;
}

/** What belongs at a place of the file. */
const bytesOf = (from: number, lengthBytes: number): Uint8Array =>
  PATTERN.subarray(from, from + lengthBytes);

test('pieces of any length, whatever is flushed when, make the file that they make in a row', () => {
  const random = new Random(SEED, 0);
  for (let round = 0; round < 40; round++) {
    const lengthBytes = random.below(3) === 0 ? 0 : random.magnitude(20_000);
    withFile(lengthBytes, (file) => {
      let at = lengthBytes;
      for (let step = 0; step < 20; step++) {
        const pieceBytes = random.magnitude(2 * STAGE_PAGES * PAGE_BYTES);
        file.isHurried = random.chance(0.3);
        file.append(bytesOf(at, pieceBytes));
        at += pieceBytes;
        if (random.chance(0.3)) {
          const { missingBytes } = file;
          file.append(bytesOf(at, missingBytes));
          at += missingBytes;
          const pages = stage();
          pages.set(bytesOf(at, pages.length));
          file.appendBlocks(pages);
          at += pages.length;
        }
        if (!random.chance(0.5)) continue;
        file.flush();
        assert.is(file.lengthBytes, at);
        assert.ok(readFileSync(path).equals(bytesOf(0, at)), `round ${round}, step ${step}`);
      }
      file.flush();
      assert.ok(readFileSync(path).equals(bytesOf(0, at)), `round ${round}`);
    });
  }
});

test('what is not flushed is in the file up to the last full stage', () => {
  const stageBytes = STAGE_PAGES * PAGE_BYTES;
  withFile(0, (file) => {
    file.append(bytesOf(0, stageBytes + 5000));
    assert.is(file.lengthBytes, stageBytes);
    assert.ok(readFileSync(path).equals(bytesOf(0, stageBytes)));
  });
});

const PASSES = 'many bytes pass the page cache by, and a few do not';
if (knowsDirect()) test(PASSES, passesTheCache);
else test.skip(PASSES, 'the file system of the temporary files has no O_DIRECT, or no disk');

function passesTheCache(): void {
  const manyBytes = 64 * PAGE_BYTES;
  withFile(0, (file, descriptor) => {
    file.append(bytesOf(0, manyBytes));
    assert.is(cachedBytes(descriptor, file), 0, 'many');
  });
  withFile(0, (file, descriptor) => {
    file.append(bytesOf(0, PAGE_BYTES / 2));
    assert.ok(cachedBytes(descriptor, file) > 0, 'few');
  });
  withFile(0, (file, descriptor) => {
    file.isHurried = true;
    file.append(bytesOf(0, manyBytes));
    assert.ok(cachedBytes(descriptor, file) > 0, 'hurried');
  });
}

test('blocks of the disk are not appended within one', () => {
  withFile(0, (file) => {
    file.append(bytesOf(0, 1));
    assert.is(file.missingBytes, 4095);
    assert.throws(() => file.appendBlocks(stage()), /within a block/);
  });
});

test('a file to write alone, and so any that can not be appended to, is refused at once', () => {
  const descriptor = openSync(path, 'w');
  try {
    assert.throws(() => new AppendFile(fill(descriptor, 10), 10, stage()), /EBADF/);
  } finally {
    closeSync(descriptor);
  }
});

test.run();

/** Where there is no disk, nothing of a file is ever on its way to one. */
function knowsDirect(): boolean {
  try {
    closeSync(openSync(path, constants.O_CREAT | constants.O_WRONLY | constants.O_DIRECT));
  } catch {
    return false;
  }
  let hasDisk = false;
  withFile(PAGE_BYTES, (file, descriptor) => {
    hasDisk = cachedBytes(descriptor, file) > 0;
  });
  return hasDisk;
}

/** Of what is flushed now, what the cache holds and the disk does not yet: dropped with the file. */
function cachedBytes(descriptor: number, file: AppendFile): number {
  file.flush();
  const before = cancelledBytes();
  ftruncateSync(descriptor, 0);
  return cancelledBytes() - before;
}

/** Source: proc_pid_io(5), cancelled_write_bytes. */
function cancelledBytes(): number {
  const [, bytes] =
    /cancelled_write_bytes: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8')) ?? [];
  return Number(bytes);
}

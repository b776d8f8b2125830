// Compiles the C guests to build/guests/NAME.wasm with the clang that npm installs.
//
//     node tests/guests/build-c-guests.mjs [NAME | FILE.c]...     all of tests/guests/c by default
//
// A guest is compiled again only when its source, the flags or the compiler have changed.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const sources = fileURLToPath(new URL('c', import.meta.url));
const output = join(repository, 'build/guests');

const FLAGS = [
  '--target=wasm32-wasip1',
  '-std=c11',
  '-O2',
  '-s',
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'],
  // The library's poll() keeps 128 bytes on the stack for each descriptor: 64 KiB hold only 510.
  '-Wl,-z,stack-size=1048576',
];

const clangPackage = new URL('../../node_modules/@yowasp/clang/package.json', import.meta.url);
const clangVersion = JSON.parse(readFileSync(clangPackage, 'utf8')).version;

mkdirSync(output, { recursive: true });
const named = process.argv.slice(2);
const files =
  named.length > 0 ? named.map(sourceFile) : readdirSync(sources).sort().map(sourceFile);
for (const file of files) await build(file);

/** `poll-echo` and `poll-echo.c` are ours, anything with a slash is a path. */
function sourceFile(name) {
  if (name.includes('/')) return name;
  return join(sources, name.endsWith('.c') ? name : `${name}.c`);
}

async function build(file) {
  const source = readFileSync(file, 'utf8');
  const name = basename(file, '.c');
  const wasmPath = join(output, `${name}.wasm`);
  const keyPath = join(output, `${name}.key`);
  const key = createHash('sha256')
    .update(JSON.stringify([clangVersion, FLAGS, source]))
    .digest('hex');
  if (read(keyPath) === key && read(wasmPath) !== undefined) return;

  const wasm = await compile(`${name}.c`, source);
  replace(wasmPath, wasm);
  replace(keyPath, key);
  process.stdout.write(`build/guests/${name}.wasm: ${wasm.length} bytes\n`);
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Never leaves half a file behind, even when two of us build the same guest. */
function replace(path, content) {
  const partPath = `${path}.${process.pid}`;
  writeFileSync(partPath, content);
  renameSync(partPath, path);
}

async function compile(fileName, source) {
  // 100 MB of compiler: only loaded when there is something to compile. Loaded ahead and silently,
  // since the call that compiles would print its progress.
  const { runClang } = await import('@yowasp/clang');
  await runClang(null, {}, { fetchProgress: () => {} });
  const messages = [];
  try {
    const files = await runClang(
      ['clang', ...FLAGS, fileName, '-o', 'guest.wasm'],
      { [fileName]: source },
      { stderr: (bytes) => bytes !== null && messages.push(Buffer.from(bytes)) },
    );
    return files['guest.wasm'];
  } catch {
    process.stderr.write(Buffer.concat(messages));
    process.stderr.write(`${fileName} does not compile\n`);
    process.exit(1);
  }
}

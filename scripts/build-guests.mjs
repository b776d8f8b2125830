// Builds the guests: every program of assembly/programs as a command (build/NAME.wasm), those that
// turn as a reactor, too (build/NAME.reactor.wasm), and the modules of the unit tests.
// A thread for each processor compiles them; nothing is done when every output is newer than every
// source.

import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const CONFIG = 'asconfig.json';
const PROGRAMS = 'assembly/programs';
const DEFAULT_DEMUX = 'assembly/demux/default.ts';

/**
 * The demultiplexer, a file of assembly/demux, that each program turns with. A program that is not
 * here does not turn: it is a command only, and ends where its file ends.
 */
const DEMUX_OF_PROGRAM = new Map([
  ['early-epoll', 'early-epoll'],
  ['epoll-rot13', 'epoll-edge'],
  ['poll-echo', 'poll'],
  ['rot13-echo', 'poll-oneoff'],
  ['select-rot13', 'select'],
]);

/** Each of them is tested with the same program: build/demux-NAME.reactor.wasm. */
const DEMUXES = ['early-epoll', 'epoll-edge', 'epoll-level', 'poll', 'poll-oneoff', 'select'];

/**
 * Builds what is out of date.
 *
 * @param {{ force?: boolean }} [options] `force` builds even what is up to date.
 * @returns {Promise<number>} how many modules were built. Throws when one does not compile.
 */
export async function buildGuests({ force = false } = {}) {
  const modules = await plan();
  if (!force && (await isUpToDate(modules))) return 0;
  await mkdir(join(ROOT, 'build'), { recursive: true });
  const left = [...modules];
  await Promise.all(Array.from({ length: availableParallelism() }, () => compileAll(left)));
  console.log(`guests: ${modules.length} modules built`);
  return modules.length;
}

/** Compiles and takes away what is left, on a thread of its own, until nothing is. */
async function compileAll(left) {
  const thread = new Worker(new URL('./compile-thread.mjs', import.meta.url));
  try {
    for (let module = left.shift(); module !== undefined; module = left.shift()) {
      thread.postMessage(module);
      const [{ bytes, problem }] = await once(thread, 'message');
      if (problem !== undefined) throw new Error(problem);
      await writeWhole(module.output, bytes);
    }
  } finally {
    await thread.terminate();
  }
}

/**
 * Compiles one module.
 *
 * @typedef {{ entry: string, source: string | null, demux?: string, target: string, output: string }} Module
 *   `source` is the text of an entry that is no file; `demux` goes into the place of the default.
 * @param {Module} module
 * @param {string[]} extraArguments more options of asc.
 * @returns {Promise<Uint8Array>}
 */
export async function compile({ entry, source, demux, target }, extraArguments = []) {
  // Loaded only here: it takes half a second, and most builds have nothing to do.
  const { default: asc } = await import('assemblyscript/asc');
  let bytes;
  const options = ['--config', CONFIG, '--target', target, '--baseDir', ROOT, '-o', 'module.wasm'];
  const { error, stderr } = await asc.main([entry, ...options, ...extraArguments], {
    readFile: async (name, base) => {
      if (name === entry && source !== null) return source;
      const text = await read(base, name);
      if (name !== DEFAULT_DEMUX || demux === undefined) return text;
      return text.replace(/"\.\/[\w-]+"/, `"./${demux}"`);
    },
    writeFile: (name, contents) => {
      if (name === 'module.wasm') bytes = contents;
    },
  });
  if (error !== null || bytes === undefined) {
    throw new Error(`${entry} does not compile\n${stderr.toString()}`, { cause: error });
  }
  return bytes;
}

/**
 * The modules of a program. Their entries exist in memory only: they bind program and core.
 *
 * @returns {Module[]} the command, and the reactor when the program turns.
 */
export function modulesOf(program) {
  const demux = DEMUX_OF_PROGRAM.get(program);
  const command = {
    entry: 'assembly/command.ts',
    target: 'command',
    output: `build/${program}.wasm`,
  };
  const itself = `import "./programs/${program}";\n`;
  if (demux === undefined) return [{ ...command, source: itself }];
  const loop =
    'import { turnForEver } from "./reactor/command";\nturnForEver(changetype<usize>(turn));\n';
  return [
    { ...command, demux, source: `import { turn } from "./reactor/dispatch";\n${itself}${loop}` },
    reactorOf(program, demux, `build/${program}.reactor.wasm`),
  ];
}

function reactorOf(program, demux, output) {
  const source = `import { turn } from "./reactor/dispatch";\nimport "./programs/${program}";\nexport { turn };\n`;
  return { entry: 'assembly/reactor.ts', target: 'reactor', demux, source, output };
}

async function plan() {
  const programs = (await readdir(join(ROOT, PROGRAMS))).filter((name) => name.endsWith('.ts'));
  return [
    ...programs.sort().flatMap((name) => modulesOf(basename(name, '.ts'))),
    ...DEMUXES.map((demux) => reactorOf('rot13-echo', demux, `build/demux-${demux}.reactor.wasm`)),
    testModule('assembly/kernels.ts', 'build/guest-kernels.wasm'),
    testModule('assembly/posix-kernels.ts', 'build/guest-posix.wasm'),
  ];
}

function testModule(entry, output) {
  return { entry, source: null, target: 'kernels', output };
}

async function isUpToDate(modules) {
  const assembly = join(ROOT, 'assembly');
  const sources = (await readdir(assembly, { recursive: true })).map((name) =>
    join(assembly, name),
  );
  // Folders too: their time tells of a file that was removed.
  const newest = Math.max(
    ...(await Promise.all([assembly, SELF, join(ROOT, CONFIG), ...sources].map(changedAtMs))),
  );
  const outputs = await Promise.all(modules.map(({ output }) => changedAtMs(join(ROOT, output))));
  return Math.min(...outputs) > newest;
}

/** When a file changed, in ms since 1970; 0 when there is none. */
async function changedAtMs(path) {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
}

async function read(base, name) {
  try {
    return await readFile(resolve(base, name), 'utf8');
  } catch (error) {
    // asc asks for a file under several names and takes null for a no.
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Whoever reads the file meanwhile, a running test say, sees the old or the new one, never half. */
async function writeWhole(output, bytes) {
  const path = join(ROOT, output);
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, path);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === SELF) {
  await buildGuests({ force: process.argv.includes('--force') });
}

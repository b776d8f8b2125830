// Builds the guests: every program of assembly/programs as a command (build/NAME.wasm) and as a
// reactor (build/NAME.reactor.wasm), and the modules of the unit tests (build/guest-kernels.wasm,
// build/guest-posix.wasm).
// One process compiles them all; nothing is done when every output is newer than every source.

import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const CONFIG = 'asconfig.json';
const PROGRAMS = 'assembly/programs';

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
  const sizes = [];
  for (const module of modules) {
    const bytes = await compile(module);
    await writeWhole(module.output, bytes);
    sizes.push(`${basename(module.output)} ${bytes.length}`);
  }
  console.log(`guests: ${sizes.join(', ')} bytes`);
  return modules.length;
}

/**
 * Compiles one module.
 *
 * @param {{ entry: string, source: string | null, target: string }} module
 * @param {string[]} extraArguments more options of asc.
 * @returns {Promise<Uint8Array>}
 */
export async function compile({ entry, source, target }, extraArguments = []) {
  // Loaded only here: it takes half a second, and most builds have nothing to do.
  const { default: asc } = await import('assemblyscript/asc');
  let bytes;
  const options = ['--config', CONFIG, '--target', target, '--baseDir', ROOT, '-o', 'module.wasm'];
  const { error, stderr } = await asc.main([entry, ...options, ...extraArguments], {
    readFile: (name, base) => (name === entry && source !== null ? source : read(base, name)),
    writeFile: (name, contents) => {
      if (name === 'module.wasm') bytes = contents;
    },
  });
  if (error !== null || bytes === undefined) {
    throw new Error(`${entry} does not compile\n${stderr.toString()}`, { cause: error });
  }
  return bytes;
}

/** The modules of a program. Their entries exist in memory only: they bind program and core. */
export function modulesOf(program) {
  const core = `import { turn } from "./reactor/dispatch";\nimport "./programs/${program}";\n`;
  const loop =
    'import { turnForEver } from "./reactor/command";\nturnForEver(changetype<usize>(turn));\n';
  return [
    {
      entry: 'assembly/command.ts',
      source: core + loop,
      target: 'command',
      output: `build/${program}.wasm`,
    },
    {
      entry: 'assembly/reactor.ts',
      source: `${core}export { turn };\n`,
      target: 'reactor',
      output: `build/${program}.reactor.wasm`,
    },
  ];
}

async function plan() {
  const programs = (await readdir(join(ROOT, PROGRAMS))).filter((name) => name.endsWith('.ts'));
  return [
    ...programs.sort().flatMap((name) => modulesOf(basename(name, '.ts'))),
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

// Counts the instructions of the C core: what one call of each hot operation takes in user space
// (tests/native/instructions.c, under callgrind), against tests/native/instructions.json.
//
//     node scripts/count-instructions.mjs [--update | --planted]
//       --update    make the table anew, and the figures that docs/costs.md takes from it
//       --planted   count with a slow path put in (native-host/core/planted.h): it has to fail
//
// Only functions whose source lies in native-host/core count: not libc's, not the loader's, nothing
// of the system's. So a count depends on the compiler alone, and on no time and no load: gcc 11 and
// clang 14 keep within the bounds that were made with gcc 12.
//
// Exit code: 0 within the bounds, 1 above one, 2 wrong usage, 3 can't be counted here.

import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const CORE = join(root, 'native-host', 'core');
const DRIVER = join(root, 'tests', 'native');
const TABLE = join(DRIVER, 'instructions.json');
const PAGE = join(root, 'docs', 'costs.md');

/** Of another architecture the instructions are others. */
const ARCHITECTURE = 'x64';

/** How often each operation is called. */
const ROUNDS = 1000;

/** How far the bound lies above what was counted: room for another compiler. */
const BOUND_FACTOR = 1.1;
/** Below this part of the table's count, the bound is too wide to be of use. */
const FAR_BELOW_FACTOR = 0.9;
const FAR_BELOW = 'ok, and far below';

/** As scripts/install-native.mjs compiles the addon. */
const PRODUCT_FLAGS = ['-std=c11', '-D_GNU_SOURCE', '-O2', '-fPIC', '-fvisibility=hidden'];
const FLAGS = [
  ...PRODUCT_FLAGS,
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'],
  // What some distributions' compilers add unasked.
  ...['-fcf-protection=none', '-fno-stack-protector', '-fno-stack-clash-protection'],
  '-U_FORTIFY_SOURCE',
  // By which callgrind knows the file of a function. It changes no instruction.
  '-gdwarf-4',
];

/** The exit code of the driver too. */
const NOT_HERE = 3;

const [COMPILER, ...COMPILER_ARGS] = (process.env.CC || 'cc').trim().split(/\s+/);

const options = readOptions();
// The real path, by which callgrind calls the program.
const work = realpathSync(mkdtempSync(join(tmpdir(), 'pollux-count-')));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
process.exitCode = await main();

async function main() {
  const missing = reasonNotToCount();
  if (missing !== undefined) return notHere(missing);
  const program = compile(options.planted ? ['-DPOLLUX_PLANTED_SEARCH'] : []);
  const counts = countOperations(program);
  return options.update ? await update(counts) : compare(counts);
}

function readOptions() {
  const flag = { type: 'boolean', default: false };
  try {
    const { values } = parseArgs({ options: { update: flag, planted: flag } });
    if (!values.update || !values.planted) return values;
    console.error('count-instructions: --update or --planted, not both');
  } catch (error) {
    console.error(`count-instructions: ${error.message}`);
  }
  process.exit(2);
}

function reasonNotToCount() {
  if (process.platform !== 'linux') return `the core is for Linux, and this is ${process.platform}`;
  if (process.arch !== ARCHITECTURE) {
    return `the bounds are those of ${ARCHITECTURE}, and this is ${process.arch}`;
  }
  if (versionOf(COMPILER, ...COMPILER_ARGS) === undefined) {
    return `there is no C compiler called ${COMPILER} (apt-get install gcc libc6-dev)`;
  }
  if (versionOf('valgrind') === undefined) return 'there is no valgrind (apt-get install valgrind)';
  return undefined;
}

function notHere(why) {
  console.error(`count-instructions: ${why}`);
  return NOT_HERE;
}

// ---- counting -----------------------------------------------------------------------------------

function compile(flags) {
  const program = join(work, 'instructions');
  const names = readdirSync(CORE).filter((name) => name.endsWith('.c'));
  const sources = [
    ...names.map((name) => join(CORE, name)),
    ...['instructions.c', 'check.c'].map((name) => join(DRIVER, name)),
  ];
  const own = [`-DOPERATION_ROUNDS=${ROUNDS}`, '-Wl,--wrap=syscall'];
  const args = [...COMPILER_ARGS, ...FLAGS, ...flags, ...own, ...sources, '-lm', '-o', program];
  const result = execute(COMPILER, ...args);
  if (result.status !== 0) throw new Error(`${COMPILER} failed:\n${result.stderr}`);
  return program;
}

/** @returns title -> how many instructions of the core one call takes, for each operation. */
function countOperations(program) {
  const dumps = join(work, 'dump');
  const result = execute(
    ...['valgrind', '-q', '--vgdb=no', '--tool=callgrind', `--callgrind-out-file=${dumps}`],
    ...['--toggle-collect=counted', '--dump-after=run_operation'],
    ...['--compress-strings=no', '--compress-pos=no', program],
  );
  if (result.status === NOT_HERE) process.exit(notHere(result.stderr.trim()));
  if (result.status !== 0) throw new Error(`the driver failed under valgrind:\n${result.stderr}`);
  const titles = result.stdout.trimEnd().split('\n');
  // The dumps are numbered from 1 on, one for each operation.
  return new Map(
    titles.map((title, index) => {
      const count = Math.round(countCore(`${dumps}.${index + 1}`, program) / ROUNDS);
      if (count > 0) return [title, count];
      throw new Error(`callgrind saw nothing of ${CORE} in: ${title}`);
    }),
  );
}

/**
 * How many instructions the core's own functions ran. In a dump each function has `ob=`, `fl=` (left
 * out where they are those of the one before) and `fn=`, then a `line cost` for each line; but the
 * one after `calls=` is what the callee took. Source: Valgrind, Callgrind Format Specification.
 */
function countCore(dump, program) {
  const at = { ob: '', fl: '', fn: '' };
  let isOfCallee = false;
  let count = 0;
  for (const line of readFileSync(dump, 'utf8').split('\n')) {
    const [, key, value] = /^(ob|fl|fn)=(.*)$/.exec(line) ?? [];
    if (key !== undefined) at[key] = value;
    if (line.startsWith('calls=')) isOfCallee = true;
    const [, cost] = /^\d+ (\d+)$/.exec(line) ?? [];
    if (cost === undefined) continue;
    if (!isOfCallee && at.ob === program && isOfCore(at)) count += Number(cost);
    isOfCallee = false;
  }
  return count;
}

/** Whether a function of the driver's program is the core's. */
function isOfCore({ fl: file, fn: name }) {
  if (file.startsWith(`${CORE}/`)) return true;
  if (file.startsWith(`${DRIVER}/`)) return false;
  throw new Error(`callgrind places ${name} neither in the core nor in the driver, but in ${file}`);
}

// ---- comparing ----------------------------------------------------------------------------------

function compare(counts) {
  const { compiler, operations } = JSON.parse(readFileSync(TABLE, 'utf8'));
  const titles = [...new Set([...Object.keys(operations), ...counts.keys()])];
  const verdicts = titles.map((title) => verdictOf(counts.get(title), operations[title]));
  console.log(`Instructions of the core for one call, counted with ${compilerVersion()};`);
  console.log(`the table was with ${compiler}.\n`);
  printRow('', 'now', 'table', 'bound', '');
  titles.forEach((title, index) => {
    const { counted = '-', bound = '-' } = operations[title] ?? {};
    printRow(title, counts.get(title) ?? '-', counted, bound, verdicts[index]);
  });
  const isGood = (verdict) => verdict === 'ok' || verdict === FAR_BELOW;
  const goodCount = verdicts.filter(isGood).length;
  console.log(`\n${goodCount} of ${titles.length} operations are within their bounds`);
  if (verdicts.some((verdict) => verdict !== 'ok')) {
    console.log('if that is meant: node scripts/count-instructions.mjs --update');
  }
  return goodCount === titles.length ? 0 : 1;
}

function verdictOf(count, row) {
  if (row === undefined) return 'NOT IN THE TABLE';
  if (count === undefined) return 'NOT COUNTED';
  if (count > row.bound) return 'ABOVE';
  return count < row.counted * FAR_BELOW_FACTOR ? FAR_BELOW : 'ok';
}

function printRow(title, now, counted, bound, verdict) {
  const columns = [now, counted, bound].map((column) => `${column}`.padStart(7));
  console.log(`${title.padEnd(32)}${columns.join('')}  ${verdict}`.trimEnd());
}

// ---- updating -----------------------------------------------------------------------------------

async function update(counts) {
  const operations = {};
  for (const [title, counted] of counts) {
    operations[title] = { counted, bound: Math.ceil(counted * BOUND_FACTOR) };
  }
  const table = JSON.stringify({ compiler: compilerVersion(), operations });
  let page = readFileSync(PAGE, 'utf8');
  for (const [title, counted] of counts) {
    page = page.replaceAll(citationOf(title), `${counted} (${title})`);
  }
  await write(TABLE, table);
  await write(PAGE, page);
  return 0;
}

/** Writes a file as the formatter would, which also straightens the columns of a page's tables. */
async function write(path, text) {
  const { format, resolveConfig } = await import('prettier');
  const config = await resolveConfig(path);
  writeFileSync(path, await format(text, { ...config, filepath: path }));
  console.log(`${relative(root, path)} is made anew`);
}

/** How the page cites a count: `42 (recv of 64 bytes)`. */
function citationOf(title) {
  return new RegExp(`\\d+ \\(${title}\\)`, 'g');
}

// ---- small things -------------------------------------------------------------------------------

/** The first line of what a command says about itself, or undefined where there is none. */
function versionOf(...command) {
  const result = execute(...command, '--version');
  return result.error === undefined ? result.stdout.split('\n')[0] : undefined;
}

function compilerVersion() {
  return versionOf(COMPILER, ...COMPILER_ARGS);
}

/** Runs a command to its end, without the library that a memory checker has Node load. */
function execute(command, ...args) {
  const env = { ...process.env, LD_PRELOAD: '' };
  return spawnSync(command, args, { cwd: work, encoding: 'utf8', env });
}

// npm run fuzz: fuzzes the C core of the addon (tests/fuzz/core-fuzz.c), watched by the sanitizers.
//
//     npm run fuzz -- [--seconds N] [--seed S]
//       --seconds N   how long (60)
//       --inputs N    how many inputs, instead; the same ones each time
//       --seed S      where the random numbers begin (1)
//       --engine E    libfuzzer: with clang, led by coverage, inputs kept in build/fuzz/corpus;
//                     driver: with gcc and random inputs. By default libfuzzer where there is clang
//       --only N      input N of the seed again (driver)
//       --input FILE  an input that libFuzzer has saved again (libfuzzer)
//       --planted     first see that bugs which are put in are found
//
// Exit code: 0 nothing found, 1 something found, 2 wrong usage, 3 no compiler for it.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const core = join(root, 'native-host', 'core');
const program = join(root, 'tests', 'fuzz');
const output = join(root, 'build', 'fuzz');

const FLAGS = [
  ...['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'],
  ...['-O1', '-g', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all'],
];
const SANITIZERS = 'address,undefined,float-cast-overflow';

const ENGINES = {
  driver: {
    compilers: [process.env.CC || 'cc', 'gcc'],
    sanitize: `-fsanitize=${SANITIZERS}`,
    linkSanitize: `-fsanitize=${SANITIZERS}`,
    probe: 'int main(void) { return 0; }\n',
    missing: 'no gcc with libasan and libubsan (apt-get install gcc)',
  },
  libfuzzer: {
    compilers: ['clang', ...Array.from({ length: 12 }, (_, index) => `clang-${25 - index}`)],
    sanitize: `-fsanitize=fuzzer-no-link,${SANITIZERS}`,
    linkSanitize: `-fsanitize=fuzzer,${SANITIZERS}`,
    probe:
      'int LLVMFuzzerTestOneInput(const char* bytes, unsigned long length_bytes);\n' +
      'int LLVMFuzzerTestOneInput(const char* bytes, unsigned long length_bytes) {\n' +
      '  (void)bytes;\n  (void)length_bytes;\n  return 0;\n}\n',
    missing: 'no clang with libFuzzer (apt-get install clang-14 libclang-rt-14-dev)',
  },
};

/** What is put in, and where: a define for a file of the core, or a function for the linker. */
const PLANTED = [
  {
    name: 'a table a byte too short',
    define: 'POLLUX_PLANTED_OVERRUN',
    file: 'handles',
    found: /heap-buffer-overflow/,
  },
  {
    name: 'a sum too large',
    define: 'POLLUX_PLANTED_OVERFLOW',
    file: 'clocks',
    found: /clocks\.c.*signed integer overflow/,
  },
  { name: 'a byte too many written', wrap: 'pollux_random_fill', found: /broken: \*at == GUARD/ },
  { name: 'a byte too many counted', wrap: 'pollux_socket_recv', found: /broken: answer <.*bytes/ },
  { name: 'a descriptor left open', wrap: 'pollux_descriptor_close', found: /left open: [1-9]/ },
  {
    name: 'a closed handle that works',
    wrap: 'pollux_close',
    found: /broken: answer == -WASI_BADF/,
  },
  { name: "an errno that isn't WASI's", wrap: 'pollux_fail', found: /broken: pollux_\w+\(.*: -\d/ },
  { name: 'a control on a terminal', wrap: 'pollux_terminal_filter', found: /broken: .*byte/ },
];
/** Each of them is found within a few hundred. */
const PLANTED_INPUTS_COUNT = 5000;
/** libFuzzer is given so many random ones before it makes its own, which may turn elsewhere. */
const PLANTED_SEEDS_COUNT = 1000;
const INPUT_BYTES_MAX = 1024;
/** What libFuzzer begins with: as random as the inputs of the driver. */
const SEEDS_COUNT = 32;
const INPUT_SECONDS_MAX = 20;

const options = readOptions();
const work = mkdtempSync(join(tmpdir(), 'pollux-fuzz-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
process.exitCode = main();

function main() {
  const chosen = chooseEngine();
  if (chosen === undefined) return 3;
  const build = compile(chosen);
  if (options.planted && !PLANTED.map((bug) => findPlanted(build, bug)).every(Boolean)) return 1;
  const binary = link(build, 'core-fuzz', build.objects);
  return run(build, binary, planOf(build.engine)).status === 0 ? 0 : 1;
}

function readOptions() {
  const text = { type: 'string' };
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        ...{ seconds: text, inputs: text, seed: text, engine: text, only: text, input: text },
        planted: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    refuse(error.message);
  }
  for (const [name, least] of Object.entries({ seconds: 1, inputs: 1, seed: 0, only: 0 })) {
    const value = values[name];
    if (value === undefined || (/^\d{1,15}$/.test(value) && Number(value) >= least)) continue;
    refuse(`--${name} takes a whole number from ${least}, not ${value}`);
  }
  if (values.engine !== undefined && ENGINES[values.engine] === undefined) {
    refuse(`--engine is ${Object.keys(ENGINES).join(' or ')}, not ${values.engine}`);
  }
  return { seed: '1', ...values };
}

function refuse(why) {
  console.error(`fuzz: ${why}`);
  process.exit(2);
}

// ---- compiling ----------------------------------------------------------------------------------

/** The engine that was asked for, or the best one that a compiler is there for. */
function chooseEngine() {
  const names = options.engine === undefined ? ['libfuzzer', 'driver'] : [options.engine];
  for (const name of names) {
    const compiler = ENGINES[name].compilers.find((candidate) => canBuild(name, candidate));
    if (compiler !== undefined) return { engine: name, compiler };
  }
  console.error(`fuzz: ${names.map((name) => ENGINES[name].missing).join('; ')}`);
  return undefined;
}

function canBuild(name, compiler) {
  const source = join(work, 'probe.c');
  const binary = join(work, 'probe');
  writeFileSync(source, ENGINES[name].probe);
  const args = [...FLAGS, ENGINES[name].linkSanitize, source, '-o', binary];
  if (execute(compiler, args).status !== 0) return false;
  return execute(binary, name === 'libfuzzer' ? ['-runs=1'] : []).status === 0;
}

function compile({ engine, compiler }) {
  const folder = mkdtempSync(join(work, 'build-'));
  const own = filesOf(program).filter((file) => engine === 'driver' || !file.endsWith('/driver.c'));
  const sources = [...filesOf(core), ...own];
  const build = { engine, compiler, folder };
  must(compiler, [...FLAGS, ENGINES[engine].sanitize, '-c', ...sources], folder);
  const objects = sources.map((file) => join(folder, `${basename(file, '.c')}.o`));
  const planted = join(folder, 'planted.o');
  return { ...build, objects: objects.filter((object) => object !== planted), planted };
}

function link({ engine, compiler, folder }, name, objects, flags = []) {
  const binary = join(folder, name);
  const args = [ENGINES[engine].linkSanitize, ...objects, ...flags, '-lm', '-o', binary];
  must(compiler, args, folder);
  return binary;
}

function filesOf(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.c'));
  return names.sort().map((name) => join(folder, name));
}

// ---- running ------------------------------------------------------------------------------------

function planOf(engine) {
  if (engine === 'driver') {
    if (options.only !== undefined) return ['--only', options.only];
    if (options.inputs !== undefined) return ['--inputs', options.inputs];
    return ['--seconds', options.seconds ?? '60'];
  }
  if (options.input !== undefined) return [resolve(options.input)];
  if (options.inputs !== undefined) return [`-runs=${options.inputs}`, makeSeeds(SEEDS_COUNT)];
  const corpus = join(output, 'corpus');
  mkdirSync(corpus, { recursive: true });
  return [`-max_total_time=${options.seconds ?? '60'}`, corpus, makeSeeds(SEEDS_COUNT)];
}

/** A folder of random inputs, the same ones for a seed. */
function makeSeeds(count) {
  const folder = mkdtempSync(join(work, 'seeds-'));
  for (let index = 0; index < count; index++) {
    const hash = createHash('shake256', { outputLength: INPUT_BYTES_MAX });
    writeFileSync(join(folder, `${index}`), hash.update(`${options.seed} ${index}`).digest());
  }
  return folder;
}

/** Runs a fuzzer in an empty directory, where its programs make their unix sockets. */
function run({ engine }, binary, plan, stdio = 'inherit') {
  const cwd = mkdtempSync(join(work, 'run-'));
  const isHunt = stdio === 'inherit';
  if (isHunt) mkdirSync(output, { recursive: true });
  // Of a planted bug no one needs the stack, which takes longer to print than the bug to find.
  const [asan, ubsan] = isHunt ? ['', 'print_stacktrace=1'] : ['symbolize=0', ''];
  const environment = { ...process.env, ASAN_OPTIONS: asan, UBSAN_OPTIONS: ubsan };
  const args =
    engine === 'driver'
      ? ['--seed', options.seed, ...plan]
      : [
          `-seed=${options.seed}`,
          `-max_len=${INPUT_BYTES_MAX}`,
          `-timeout=${INPUT_SECONDS_MAX}`,
          `-artifact_prefix=${isHunt ? output : cwd}/found-`,
          ...['-len_control=0', '-verbosity=0', '-print_final_stats=1', ...plan],
        ];
  return spawnSync(binary, args, { cwd, env: environment, stdio, encoding: 'utf8' });
}

/** Builds a fuzzer with a bug in it, and sees that it is found. */
function findPlanted(build, { name, define, file, wrap, found }) {
  let binary;
  if (wrap === undefined) {
    const object = join(build.folder, `planted-${file}.o`);
    const args = [...FLAGS, ENGINES[build.engine].sanitize, `-D${define}`];
    must(build.compiler, [...args, '-c', join(core, `${file}.c`), '-o', object], build.folder);
    const whole = join(build.folder, `${file}.o`);
    const objects = build.objects.map((other) => (other === whole ? object : other));
    binary = link(build, `planted-${file}`, objects);
  } else {
    binary = link(build, wrap, [...build.objects, build.planted], [`-Wl,--wrap=${wrap}`]);
  }
  const count = PLANTED_INPUTS_COUNT;
  const plan =
    build.engine === 'driver'
      ? ['--inputs', `${count}`]
      : [`-runs=${count}`, makeSeeds(PLANTED_SEEDS_COUNT)];
  const result = run(build, binary, plan, 'pipe');
  const isFound = result.status !== 0 && found.test(result.stderr);
  console.log(`${isFound ? 'ok   ' : 'FAIL '} planted: ${name}: ${isFound ? '' : 'not '}found`);
  if (!isFound) console.log(`not with ${found}:\n${result.stdout}${result.stderr}`);
  return isFound;
}

// ---- small things -------------------------------------------------------------------------------

function execute(command, args, cwd = work) {
  const [name, ...first] = command.split(/\s+/);
  return spawnSync(name, [...first, ...args], { cwd, encoding: 'utf8' });
}

function must(command, args, cwd) {
  const result = execute(command, args, cwd);
  if (result.status !== 0) throw new Error(`${command} failed:\n${result.stdout}${result.stderr}`);
}

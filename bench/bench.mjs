// npm run bench: measures Pollux against a native server in C, a node:net server, and its targets.
// It knows the order of things; what is measured is in rows.mjs, how in measure.mjs.

import { readFileSync, writeFileSync } from 'node:fs';
import { checkCpuClock, checkSpeed } from './checks.mjs';
import { BASELINE, contenders, contendersOf, Host } from './contenders.mjs';
import { chooseCores } from './cores.mjs';
import { describeMachine } from './machine.mjs';
import { measureRow } from './measure.mjs';
import { nativePrograms } from './native.mjs';
import { HELP, parseOptions, UsageError } from './options.mjs';
import { Progress } from './progress.mjs';
import { writePage } from './report/page.mjs';
import { reportText } from './report/text.mjs';
import { QUICK_ROWS, ROWS } from './rows.mjs';
import { judge, ROUNDS_FIRST, ROUNDS_LAST, TARGETS } from './targets.mjs';

/** What a terminal's Ctrl-C gives: the children are ended by the exit. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

try {
  process.exit(await main(parseOptions(process.argv.slice(2))));
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  // At once: servers that still run are ended by it.
  process.exit(error instanceof UsageError ? 2 : 1);
}

/** @returns the exit code. */
async function main(options) {
  if (options.isHelp) {
    process.stdout.write(HELP);
    return 0;
  }
  const rows = chooseRows(options);
  const programs = nativePrograms();
  const cores = chooseCores();
  if (cores.isShared) process.stderr.write('bench: one core only: the figures mean little\n');
  const machine = describeMachine(cores);
  const checks = { cpuClock: await checkCpuClock(programs), speed: checkSpeed(programs) };
  const bench = {
    options,
    contenders: contenders(programs, options.against),
    host: new Host(programs, cores),
    progress: new Progress(),
    results: new Map(rows.map(({ key }) => [key, []])),
  };
  const failure = await measure(bench, rows).catch((error) => error);
  const verdicts = options.isQuick ? [] : judgeAll(bench.results);
  const report = {
    machine,
    baseline: BASELINE,
    checks,
    seconds: options.seconds,
    rows: rows
      .map((row) => ({ ...row, rounds: bench.results.get(row.key) }))
      .filter(({ rounds }) => rounds.length > 0),
    targets: verdicts,
  };
  process.stdout.write(reportText(report));
  if (options.jsonPath !== undefined) {
    writeFileSync(options.jsonPath, `${JSON.stringify(report, null, 1)}\n`);
  }
  if (failure !== undefined) throw failure;
  if (options.writesPage) await writePage(report);
  return verdicts.some(({ verdict }) => verdict === 'FAIL') ? 1 : 0;
}

/** @throws UsageError for a row that does not exist. */
function chooseRows({ isQuick, only }) {
  const all = isQuick ? QUICK_ROWS : ROWS;
  const unknown = only.find((key) => all.every((row) => row.key !== key));
  if (unknown !== undefined) {
    const keys = all.map(({ key }) => key).join(', ');
    throw new UsageError(`there is no row ${unknown}; there are ${keys}`);
  }
  const chosen = all.filter(({ key }) => only.length === 0 || only.includes(key));
  const limit = descriptorLimit();
  return chosen.filter(({ key, descriptors = 0 }) => {
    if (descriptors <= limit) return true;
    process.stderr.write(
      `bench: ${key} is left out: a process may open ${limit} descriptors here\n`,
    );
    return false;
  });
}

/** How many a process may open once it has raised its limit, as all that are started here do. */
function descriptorLimit() {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(limits);
  return hard === 'unlimited' ? Infinity : Number(hard);
}

/** The rounds that are sure, then those rows again whose targets are still open. */
async function measure(bench, rows) {
  const { rounds } = bench.options;
  await measureRounds(bench, rows, rounds ?? ROUNDS_FIRST);
  if (rounds !== undefined) return;
  for (let done = ROUNDS_FIRST; done < ROUNDS_LAST; done += ROUNDS_FIRST) {
    const open = judgeAll(bench.results).filter(({ verdict }) => verdict === 'OPEN');
    const keys = new Set(open.flatMap((target) => target.rows));
    const again = rows.filter(({ key }) => keys.has(key));
    if (again.length === 0) return;
    await measureRounds(bench, again, ROUNDS_FIRST);
  }
}

async function measureRounds({ options, contenders, host, progress, results }, rows, count) {
  const { seconds, warmUpMs } = options;
  progress.expect(count * rows.length);
  for (let round = 0; round < count; round += 1) {
    for (const row of rows) {
      const rounds = results.get(row.key);
      progress.begin(`round ${rounds.length + 1}: ${row.title}`);
      const order = rounds.length;
      const run = { contenders: contendersOf(row, contenders), host, seconds, warmUpMs, order };
      rounds.push(await measureRow(row, run));
      progress.step();
    }
  }
  progress.end();
}

function judgeAll(results) {
  return TARGETS.map((target) => judge(target, results)).filter((target) => target !== undefined);
}

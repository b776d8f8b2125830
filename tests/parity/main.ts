// npm run parity: runs every probe on this machine's kernel and on the simulated one, prints each
// difference, and exits 1 if there is one.
//
//     npm run parity -- --only WORDS      probes whose name holds these
//     npm run parity -- --facts           print what both said, too
//     npm run parity -- --without RULE    with a rule of the simulated kernel switched off
//     npm run parity -- --seeds N         N random probes more of each family; --from SEED on

import { release } from 'node:os';
import { parseArgs } from 'node:util';
import { RULE_NAMES, type RuleName, rulesWithout } from '../../host/kernel/sim/rules.ts';
import { PROBES } from './probes/all.ts';
import { canRunNative, findDifference, runNative, runSim } from './worlds.ts';
import { fuzzProbe } from './fuzz.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    facts: { type: 'boolean', default: false },
    without: { type: 'string', multiple: true, default: [] },
    seeds: { type: 'string', default: '0' },
    from: { type: 'string', default: '0' },
  },
});
const unknown = options.without.find((rule) => !(RULE_NAMES as string[]).includes(rule));
if (unknown !== undefined) {
  process.stderr.write(`--without: there is no rule ${unknown}; see host/kernel/sim/rules.ts\n`);
  process.exit(2);
}
const chosen = PROBES.filter(({ name }) => name.includes(options.only));
const probes = chosen.filter(canRunNative);
for (const { name } of chosen.filter((probe) => !probes.includes(probe))) {
  process.stdout.write(`skip ${name}: this machine has no IPv6 loopback address\n`);
}
if (probes.length === 0) {
  process.stderr.write(`--only: no probe's name holds ${JSON.stringify(options.only)}\n`);
  process.exit(2);
}
const rules = rulesWithout(...(options.without as RuleName[]));

let factCount = 0;
let differentCount = 0;
for (const probe of probes) {
  const [native, sim] = [runNative(probe), runSim(probe, rules)];
  factCount += native.length;
  const isSame = JSON.stringify(native) === JSON.stringify(sim);
  if (!isSame) differentCount++;
  if (!isSame || options.facts) process.stdout.write(`${isSame ? '  ' : '! '}${probe.name}\n`);
  for (let at = 0; at < Math.max(native.length, sim.length); at++) {
    if (native[at] !== sim[at]) {
      process.stdout.write(`    linux  ${native[at] ?? '(nothing)'}\n`);
      process.stdout.write(`    sim    ${sim[at] ?? '(nothing)'}\n`);
    } else if (options.facts) process.stdout.write(`           ${native[at] ?? ''}\n`);
  }
}
process.stdout.write(
  `Linux ${release()}: ${probes.length} probes, ${factCount} facts, ${differentCount} different\n`,
);

const [seedCount, firstSeed] = [Number(options.seeds), Number(options.from)];
for (const [option, value] of Object.entries({ seeds: seedCount, from: firstSeed })) {
  if (Number.isInteger(value) && value >= 0) continue;
  process.stderr.write(`--${option} takes a whole number\n`);
  process.exit(2);
}
for (const family of seedCount > 0 ? (['ipv4', 'unix'] as const) : []) {
  let differentSeeds = 0;
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) {
    const difference = findDifference(fuzzProbe(seed, family), rules);
    if (difference === undefined) continue;
    differentSeeds++;
    process.stdout.write(`! ${family}, seed ${seed}\n${difference}\n`);
  }
  process.stdout.write(`${family}: ${seedCount} random probes, ${differentSeeds} different\n`);
  differentCount += differentSeeds;
}
process.exitCode = differentCount > 0 ? 1 : 0;

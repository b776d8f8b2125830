// Goal: the simulated kernel answers like Linux, and each of its rules is checked to. Method: every
// probe on both kernels; then, for each rule, every probe with that rule switched off, and one of
// them has to say something else than Linux did.

import * as assert from 'uvu/assert';
import { RULE_NAMES, rulesWithout } from '../../host/kernel/sim/rules.ts';
import { suite } from '../support/suite.ts';
import type { Probe } from './probe.ts';
import { PROBES } from './probes/all.ts';
import { fuzzProbe } from './fuzz.ts';
import { canRunNative, type Facts, findDifference, runNative, runSim } from './worlds.ts';

const PROBES_MIN = 60;
const RULES_MIN = 40;
/** npm run parity -- --seeds N tries more. */
const SEEDS = 40;

const test = suite('parity');
const linux = new Map<Probe, Facts>();

test('there are enough probes, each with a name of its own', () => {
  assert.ok(PROBES.length >= PROBES_MIN);
  assert.is(new Set(PROBES.map(({ name }) => name)).size, PROBES.length);
});

for (const probe of PROBES) {
  const title = `the same on Linux and in the twin: ${probe.name}`;
  if (!canRunNative(probe)) {
    test.skip(title, 'this machine has no IPv6 loopback address');
    continue;
  }
  test(title, () => {
    const facts = runNative(probe);
    linux.set(probe, facts);
    assert.ok(facts.length > 0, 'a probe that says nothing shows nothing');
    assert.equal(runSim(probe), facts);
    assert.not(
      facts.some((fact) => fact.startsWith('failed: ')),
      facts.join('\n'),
    );
  });
}

for (const family of ['ipv4', 'unix'] as const) {
  test(`the same on Linux and in the twin: ${SEEDS} random probes, ${family}`, () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const difference = findDifference(fuzzProbe(seed, family));
      assert.is(difference, undefined, `${family}, seed ${seed}:\n${difference ?? ''}`);
    }
  });
}

test('a random probe notices a rule that is switched off', () => {
  const rules = rulesWithout('resetAfterEndIsPipe');
  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
  assert.ok(seeds.some((seed) => findDifference(fuzzProbe(seed, 'ipv4'), rules) !== undefined));
});

test('there are enough rules', () => assert.ok(RULE_NAMES.length >= RULES_MIN));

for (const rule of RULE_NAMES) {
  test(`without it a probe differs: ${rule}`, () => {
    const rules = rulesWithout(rule);
    const isNoticed = [...linux].some(
      ([probe, facts]) => JSON.stringify(runSim(probe, rules)) !== JSON.stringify(facts),
    );
    assert.ok(isNoticed, 'no probe notices that the rule is switched off');
  });
}

test.run();

// The programs of the course in the twin, with many seeds: how the network cuts and delays differs
// from one to the next, and in which order a program finds things ready. What must hold does not.

import * as assert from 'uvu/assert';
import { forAllSeeds } from '../../host/sim.ts';
import { moduleBytes } from '../sim/modules.ts';
import { suite } from '../support/suite.ts';
import { PLAYS } from './programs.ts';
import { type Form, formsOf } from './support/forms.ts';
import type { Play } from './support/stage.ts';
import { playInTwin } from './support/twin-stage.ts';

/** A command is run anew for each step, a reactor goes on. */
const SEEDS = { command: 10, reactor: 40 };

const test = suite("the course's programs (twin)");

for (const play of PLAYS) {
  for (const form of formsOf(play.program)) {
    test(`${play.program}, ${form.target}: it ${play.title}`, () => holdsForAllSeeds(play, form));
  }
}

test.run();

async function holdsForAllSeeds(play: Play, { target, output }: Form): Promise<void> {
  const bytes = moduleBytes(output);
  const hashes: string[] = [];
  await forAllSeeds(SEEDS[target], async (seed) => {
    const { held, traceHash } = await playInTwin(bytes, play, seed);
    assert.equal(held, play.holds);
    hashes.push(traceHash);
  });
  // Of a refusal there is only one kind; and one seed may be asked for alone.
  if (play.isRefused === true || hashes.length === 1) return;
  assert.ok(new Set(hashes).size > 1, 'all seeds are played alike');
}

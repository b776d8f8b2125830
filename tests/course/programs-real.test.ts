// The programs of the course on the system's kernel, in all their forms.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { PLAYS } from './programs.ts';
import { formsOf, programNames } from './support/forms.ts';
import { playOnKernel } from './support/real-stage.ts';

const test = suite("the course's programs (system's kernel)");

test('every program is played', () => {
  const played = new Set(PLAYS.map(({ program }) => program));
  assert.equal([...played].sort(), programNames().sort());
});

for (const play of PLAYS) {
  for (const { target, output } of formsOf(play.program)) {
    test(`${play.program}, ${target}: it ${play.title}`, async () => {
      assert.equal(await playOnKernel(output, play), play.holds);
    });
  }
}

test.run();

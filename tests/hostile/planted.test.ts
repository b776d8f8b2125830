// Each check of a case fails where it should.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { Cases } from './cases.ts';
import { PLANTED } from './rows/planted.ts';

/** One of the rows hangs for so long. */
const SECONDS_MAX = 3;

const test = suite('hostile guests: what a case sees');
const cases = new Cases('planted');

test.before(() => cases.build());

for (const [{ id, title }, says] of PLANTED) {
  test(`a case fails by ${title}`, async () => {
    assert.match((await cases.run(id, SECONDS_MAX)) ?? 'it passed', says);
  });
}

test.run();

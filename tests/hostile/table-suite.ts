// Runs rows of the table as a suite, each in a process of its own, on the built package.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { Cases } from './cases.ts';
import type { Row } from './row.ts';

/** A guest that holds its process up for so long has failed. */
const CASE_SECONDS_MAX = 5;

/** @param name of the suite, and of what it builds */
export async function tableSuite(name: string, rows: readonly Row[]): Promise<void> {
  const cases = new Cases(name);
  await cases.build();
  const results = cases.runAll(
    rows.map(({ id }) => id),
    CASE_SECONDS_MAX,
  );
  const test = suite(`hostile guests: ${name} (end to end)`);

  test('every row has a name of its own', () => {
    assert.is(results.size, rows.length);
  });

  for (const { id, title } of rows) {
    test(`${id}: ${title}`, async () => {
      assert.is(await results.get(id), undefined);
    });
  }

  test.run();
}

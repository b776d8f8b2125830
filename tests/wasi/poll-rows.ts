// Rows of poll_oneoff that are run for a short list and for a long one: the first is waited for
// without a set until it comes again, the second has its set at once.

import type { Suite } from '../support/suite.ts';
import { Poller, type Wanted } from './poller.ts';
import { type TestWorld, withWorld } from './world.ts';

const LENGTHS = [
  ['a short list', 0],
  ['a long list', 9],
] as const;

/** @param body gets what the list has besides: nothing, or descriptors that are never ready. */
export function row(
  test: Suite,
  title: string,
  body: (world: TestWorld, poller: Poller, more: readonly Wanted[]) => void,
): void {
  for (const [name, count] of LENGTHS) {
    test(
      `${name}: ${title}`,
      withWorld((world) => {
        const more = world.addQuiet(count).map((fd) => ({ read: fd }));
        body(world, new Poller(world), more);
      }),
    );
  }
}

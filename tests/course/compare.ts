// One of the course's servers and a native program of the same behaviour, as black boxes: the same
// clients meet the C program and our guest under `pollux run`, both on the system's kernel. Each answer
// is held to the model at every byte, and the two to each other.

import * as assert from 'uvu/assert';
import { until } from '../e2e/support/recordings.ts';
import { suite } from '../support/suite.ts';
import { type Reset, RESETS } from './resets.ts';
import { SCENARIOS } from './scenarios.ts';
import type { ServerModel } from './support/model.ts';
import { noNativeReason } from './support/native.ts';
import { type Subject, withGuest, withNative } from './support/subject.ts';
import { assertSame, Witness } from './support/talk.ts';

const GONE_SECONDS_MAX = 30;

const noNative = noNativeReason();

/** Runs every scenario and every reset against both. */
export function compareServers(model: ServerModel): void {
  const { guest, native } = model;
  const test = suite(`${guest} and native ${native}`);
  const withBoth = (title: string, body: () => Promise<void>): void => {
    if (noNative === undefined) test(title, body);
    else test.skip(title, noNative);
  };

  for (const { title, args = [], play } of SCENARIOS) {
    withBoth(title, async () => {
      const answers: (readonly Buffer[])[] = [];
      const body = async (subject: Subject): Promise<void> => {
        answers.push(await play(subject, model));
      };
      await withNative(native, args, body);
      await withGuest(guest, args, body);
      const [ofNative = [], ofGuest = []] = answers;
      assert.is(ofGuest.length, ofNative.length);
      ofNative.forEach((each, index) => assertSame(ofGuest[index] as Buffer, each));
    });
  }

  for (const { when, reset } of RESETS) {
    const body = (subject: Subject): Promise<void> => outlives(reset, subject, model);
    withBoth(`both live on when a connection is reset ${when}`, async () => {
      await withNative(native, [], body);
      await withGuest(guest, [], body);
    });
  }

  test.run();
}

/** Who was connected is served, and who comes; and of the connection that was reset nothing is left. */
async function outlives(
  reset: Reset['reset'],
  subject: Subject,
  model: ServerModel,
): Promise<void> {
  const witness = await Witness.of(subject);
  const socketCount = subject.socketCount();
  const isGone = (): boolean => subject.socketCount() === socketCount;
  await reset(subject, model, witness);
  await witness.rounds();
  await until(GONE_SECONDS_MAX, 'the connection is left open', isGone);
  const next = await Witness.of(subject);
  await next.exchange();
  await witness.exchange();
  next.close();
  await until(GONE_SECONDS_MAX, 'the next connection is left open', isGone);
  witness.close();
}

// Servers that do not do what a model says are found by the scenarios: each runs here against a
// native program that does something else.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { SCENARIOS } from './scenarios.ts';
import { ROT13_ECHO, type ServerModel } from './support/model.ts';
import { noNativeReason } from './support/native.ts';
import { withNative } from './support/subject.ts';

const test = suite("the scenarios of the course's servers");
const noNative = noNativeReason();

const BY_LINE: ServerModel = { ...ROT13_ECHO, isByLine: true };
const UNCHANGED: ServerModel = { ...ROT13_ECHO, answers: 'same' };

for (const { title, play } of SCENARIOS.filter(({ args }) => args === undefined)) {
  found(`a server that changes what it should not: ${title}`, 'epoll-rot13', UNCHANGED, play);
}
const byLine = SCENARIOS.filter(({ title }) => /one by one|together are all/.test(title));
assert.is(byLine.length, 2);
for (const { title, play } of byLine) {
  found(`a server that does not wait for a line's end: ${title}`, 'epoll-rot13', BY_LINE, play);
}

test.run();

function found(
  title: string,
  native: string,
  model: ServerModel,
  play: (typeof SCENARIOS)[number]['play'],
): void {
  const body = async (): Promise<void> => {
    let message = '';
    try {
      await withNative(native, [], async (subject) => {
        await play(subject, model);
      });
    } catch (error) {
      ({ message } = error as Error);
    }
    assert.match(message, /^(?:byte \d+ is \d+, and|\d+ bytes came, \d+ may be answered)/);
  };
  if (noNative === undefined) test(title, body);
  else test.skip(title, noNative);
}

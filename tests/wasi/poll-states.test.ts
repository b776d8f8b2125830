// poll_oneoff: every state of every kind of descriptor, asked for in every direction, beside every
// kind of clock, waited for in every way (see Poller).

import { suite } from '../support/suite.ts';
import { FAR, NOW, PAST, Poller, SOON, type Wanted } from './poller.ts';
import { type Answer, type State, STATES } from './states.ts';
import { withWorld } from './world.ts';

const test = suite('poll_oneoff: what a descriptor is ready for');

type Direction = 'read' | 'write';

const DIRECTIONS: readonly (readonly [name: string, directions: readonly Direction[]])[] = [
  ['read', ['read']],
  ['write', ['write']],
  ['read and write', ['read', 'write']],
  ['write, read, read, write', ['write', 'read', 'read', 'write']],
];

/** What stands at the end of a list besides, and whether it is due when nothing else happens. */
const CLOCKS: readonly { readonly clock: Wanted; readonly isDue: boolean }[] = [
  { clock: NOW, isDue: true },
  { clock: PAST, isDue: true },
  { clock: FAR, isDue: false },
];

for (const state of STATES) {
  for (const [name, directions] of DIRECTIONS) {
    test(
      `${state.title}: ${name}: ${describe(state, directions)}`,
      withWorld(
        (world) => {
          const poller = new Poller(world);
          const fd = state.make(world);
          const list = directions.map((direction) => subscription(direction, fd));
          const expected = directions.flatMap((direction, index) => event(index, state[direction]));
          const end = `${directions.length}`;
          for (const { clock, isDue } of CLOCKS) {
            if (isDue) poller.pollEveryWay([...list, clock], [...expected, end].join(' '));
            else if (expected.length > 0) poller.pollEveryWay([...list, clock], expected.join(' '));
          }
          if (expected.length > 0) poller.pollEveryWay(list, expected.join(' '));
          else poller.pollEveryWay([...list, SOON], end);
        },
        state.stdio === undefined ? {} : { stdio: state.stdio },
      ),
    );
  }
}

function subscription(direction: Direction, fd: number): Wanted {
  return direction === 'read' ? { read: fd } : { write: fd };
}

function event(index: number, answer: Answer): string[] {
  if (answer === '-') return [];
  if (answer === '+') return [`${index}`];
  return [answer === '!' ? `${index}!` : `${index}:${answer}`];
}

function describe(state: State, directions: readonly Direction[]): string {
  const words = {
    '-': 'waits',
    '+': 'is ready',
    '!': 'is hung up',
    BADF: 'BADF',
    NOTSUP: 'NOTSUP',
  };
  return [...new Set(directions.map((direction) => words[state[direction]]))].join(', ');
}

test.run();

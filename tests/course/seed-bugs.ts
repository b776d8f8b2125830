// The bugs of the seed's programs, one row each: the shortest script of peers under which it shows,
// what one sees then, and what our program does in its place. docs/course/bugs.md prints them.
//
// What is sent are digits, which a server that turns letters by 13 places leaves as they are.

import type { Bug } from './seed-bug.ts';
import { clientBugs } from './seed-bugs-client.ts';
import { epollBugs } from './seed-bugs-epoll.ts';
import { pollBugs } from './seed-bugs-poll.ts';
import { selectBugs } from './seed-bugs-select.ts';

export const bugs: readonly Bug[] = [...clientBugs, ...pollBugs, ...selectBugs, ...epollBugs];

/** Bugs that no script in the twin can show, and why. */
export const unseen: Readonly<Record<string, string>> = {
  'client-select-eintr': 'preview1 has no signals: no call of a guest is interrupted by one',
  'client-newline-added': 'told by client-newline-stripped and its transcript',
  'client-empty-string': 'what is read in front of an array depends on the compiler',
  'client-fgets-buffers': 'standard input of the twin is a file, which is always readable',
  'poll-listener-blocks': 'Linux, and the twin with it, keeps a reset connection in the queue',
  'poll-eintr': 'preview1 has no signals: no call of a guest is interrupted by one',
  'poll-short-write': 'a blocking write is cut by signals only; experiment blocking-write',
  'epoll-i-reused': 'n is reused too, and ends the loop first: see epoll-n-reused',
  'epoll-short-write': 'the write that takes a part is followed by one that ends the server',
  'epoll-one-feeds-the-others-starve': 'as select-one-feeds-the-others-starve',
  'select-eintr': 'preview1 has no signals: no call of a guest is interrupted by one',
};

// What the command line itself says, apart from what a guest writes: on standard error, and fit for a
// terminal whatever names a module gives.

import { openSync } from 'node:fs';
import { PolluxError } from '../base/pollux-error.ts';
import { printableLine, printableLines } from '../base/printable.ts';

/** Has Node make its stream for standard error, 3 ms that may pass while something else is waited for. */
export function prepareToSay(): void {
  Reflect.get(process, 'stderr');
}

/** One line, which begins with our name. */
export function say(line: string): void {
  process.stderr.write(`pollux: ${printableLine(line)}\n`);
}

/** The lines of a stack trace, for `--debug`. */
export function sayStack(stack: string): void {
  process.stderr.write(`${printableLines(stack)}\n`);
}

/** A file to print to, emptied. @returns its descriptor. @throws PolluxError `USAGE` */
export function openOutput(file: string): number {
  try {
    return openSync(file, 'w', 0o600);
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new PolluxError('USAGE', `can not write to ${file}: ${code}`, { cause: error });
  }
}

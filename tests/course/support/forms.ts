// In which forms the course's programs are built: as a command, and those that turn as a reactor, too.

import { readdirSync } from 'node:fs';

/** A module of a program. Its path is from the repository's directory. */
export interface Form {
  readonly target: 'command' | 'reactor';
  readonly output: string;
}

const ROOT = new URL('../../../', import.meta.url);

/** The programs that were written with their bugs: they do not hold. */
const FLAWED = /^seed-/;

const { modulesOf } = (await import(new URL('scripts/build-guests.mjs', ROOT).href)) as {
  modulesOf: (program: string) => readonly Form[];
};

export function formsOf(program: string): readonly Form[] {
  return modulesOf(program);
}

/** Every program that there is, by name. */
export function programNames(): string[] {
  return readdirSync(new URL('assembly/programs/', ROOT))
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => !FLAWED.test(name));
}

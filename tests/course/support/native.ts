// The servers of tests/course/native, compiled by the system's C compiler when a source is newer.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REPOSITORY } from '../../e2e/support/child.ts';

const SOURCES = fileURLToPath(new URL('../native', import.meta.url));
const OUTPUT = join(REPOSITORY, 'build/course');
const COMPILER = process.env['CC'] || 'cc';
const FLAGS = [
  ...['-std=c11', '-D_GNU_SOURCE', '-O2'],
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror'],
];

/** Why there can be no native program here; undefined when there can. */
export function noNativeReason(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}, and they are for Linux`;
  const found = spawnSync(COMPILER, ['--version']);
  return found.error === undefined ? undefined : `there is no C compiler called ${COMPILER}`;
}

/** The path of a program, up to date. @throws Error with the compiler's words. */
export function nativeProgram(name: string): string {
  mkdirSync(OUTPUT, { recursive: true });
  const path = join(OUTPUT, name);
  const newestMs = Math.max(...readdirSync(SOURCES).map((file) => writtenMs(join(SOURCES, file))));
  if (writtenMs(path) > newestMs) return path;
  const building = `${path}.${process.pid}`;
  execFileSync(COMPILER, [...FLAGS, `${name}.c`, 'server.c', '-o', building], { cwd: SOURCES });
  // In one step: another run may be about to start it.
  renameSync(building, path);
  return path;
}

function writtenMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

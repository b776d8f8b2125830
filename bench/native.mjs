// Compiles the benchmarks' own programs, the native server and the load generator, when a source is
// newer than they are.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('native/', import.meta.url));
const OUTPUT = fileURLToPath(new URL('../build/bench/', import.meta.url));

// -march=native: the server to beat may use all that the machine has.
const FLAGS = [
  ...['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wpedantic', '-Wconversion'],
  ...['-O3', '-march=native'],
];

const PROGRAMS = {
  server: ['server.c'],
  load: ['load.c', 'load-echo.c', 'load-churn.c', 'messages.c'],
  step: ['step.c'],
};

/** Where the programs are, up to date. @throws Error with the compiler's words. */
export function nativePrograms() {
  mkdirSync(OUTPUT, { recursive: true });
  const newestMs = Math.max(...readdirSync(SOURCES).map((name) => writtenMs(SOURCES + name)));
  const paths = {};
  for (const [program, sources] of Object.entries(PROGRAMS)) {
    paths[program] = OUTPUT + program;
    if (writtenMs(paths[program]) <= newestMs) compile(sources, paths[program]);
  }
  return paths;
}

function compile(sources, path) {
  const building = `${path}.${process.pid}`;
  const command = process.env.CC || 'cc';
  execFileSync(command, [...FLAGS, ...sources, '-o', building], { cwd: SOURCES });
  // In one step: another run may be about to start it.
  renameSync(building, path);
}

function writtenMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

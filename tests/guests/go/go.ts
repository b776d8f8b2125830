// Finds a Go that can compile for WASI, and compiles the guests of this folder with it. Nothing is
// installed or downloaded: without one, the tests that need it say so.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));
const OUTPUT = fileURLToPath(new URL('../../../build/guests/', import.meta.url));

/** The first with GOOS=wasip1, of Go 1. */
const MINOR_VERSION_MIN = 21;

const ENVIRONMENT = {
  ...process.env,
  GOOS: 'wasip1',
  GOARCH: 'wasm',
  GOFLAGS: '-mod=mod',
  GOPROXY: 'off',
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
};

/** A Go that knows GOOS=wasip1. */
export interface Go {
  /** What `go env GOVERSION` says: `go1.21.0`. */
  readonly version: string;
}

/** The Go in the path; else why there is none, in a line. */
export function findGo(): Go | string {
  const result = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env: ENVIRONMENT });
  if (result.status !== 0) return 'there is no go';
  const version = result.stdout.trim();
  const minor = Number(/^go1\.(?<minor>\d+)/.exec(version)?.groups?.['minor'] ?? 0);
  return minor >= MINOR_VERSION_MIN ? { version } : `${version} has no GOOS=wasip1; 1.21 has`;
}

/**
 * Compiles a guest of this folder; the first time that takes a minute, for the standard library.
 *
 * @returns its path from the repository's directory
 */
export function goGuest(name: string): string {
  mkdirSync(OUTPUT, { recursive: true });
  const output = `${OUTPUT}go-${name}.wasm`;
  const args = ['build', '-trimpath', '-ldflags=-s', '-o', output, `${SOURCES}${name}.go`];
  const result = spawnSync('go', args, { encoding: 'utf8', env: ENVIRONMENT });
  if (result.status !== 0) throw new Error(`${name}.go does not compile:\n${result.stderr}`);
  return `build/guests/go-${name}.wasm`;
}

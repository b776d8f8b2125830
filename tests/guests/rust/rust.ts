// Finds a rustc that can compile for WASI, and compiles the guests of this folder with it. Nothing
// is installed: without one, the tests that need it say so.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));
const OUTPUT = fileURLToPath(new URL('../../../build/guests/', import.meta.url));

/** The user's own, and where Debian puts its: they may be two, with targets of their own. */
const COMPILERS = ['rustc', '/usr/bin/rustc'];
/** The target's name since Rust 1.78, and before. */
const TARGETS = ['wasm32-wasip1', 'wasm32-wasi'];

/** A rustc with the standard library of a WASI target, and a linker for it. */
export interface Rust {
  readonly compiler: string;
  readonly target: string;
  /** What `rustc --version` says. */
  readonly version: string;
}

/** The first rustc that compiles an empty program; else why none does, in a line. */
export function findRust(): Rust | string {
  const reasons: string[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'pollux-rust-'));
  try {
    const source = join(directory, 'empty.rs');
    writeFileSync(source, 'fn main() {}\n');
    for (const compiler of COMPILERS) {
      const version = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
      if (version.status !== 0) {
        reasons.push(`there is no ${compiler}`);
        continue;
      }
      for (const target of TARGETS) {
        const rust = { compiler, target, version: version.stdout.trim() };
        const problem = compileFile(rust, source, join(directory, 'empty.wasm'));
        if (problem === '') return rust;
        reasons.push(`${rust.version}, ${target}: ${firstLine(problem)}`);
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return reasons.join('; ');
}

/** Compiles a guest of this folder. @returns its path from the repository's directory */
export function rustGuest(rust: Rust, name: string): string {
  mkdirSync(OUTPUT, { recursive: true });
  const problem = compileFile(rust, `${SOURCES}${name}.rs`, `${OUTPUT}rust-${name}.wasm`);
  if (problem !== '') throw new Error(`${name}.rs does not compile:\n${problem}`);
  return `build/guests/rust-${name}.wasm`;
}

/** @returns what the compiler had to say; empty when it compiled. */
function compileFile({ compiler, target }: Rust, source: string, output: string): string {
  const flags = ['--target', target, '--edition', '2021', '-O', '-C', 'strip=symbols'];
  const result = spawnSync(compiler, [...flags, '-D', 'warnings', source, '-o', output], {
    encoding: 'utf8',
  });
  if (result.status === 0) return '';
  return result.stderr || String(result.error ?? result.signal);
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.startsWith('error')) ?? text.trim();
}

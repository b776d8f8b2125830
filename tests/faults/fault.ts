// A mistake, as a change of the source of host/wasi, and how a table of them is written.

export interface Fault {
  readonly name: string;
  /** In host/wasi/. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly text: string;
  readonly replacement: string;
  /** Files of tests/wasi/ of which one has to fail, without `.test.ts`. */
  readonly noticedBy: readonly string[];
}

export type Row = readonly [name: string, text: string, replacement: string];

/** Mistakes in one file of which one and the same test file has to notice each. */
export function faults(file: string, noticedBy: readonly string[], rows: readonly Row[]): Fault[] {
  return rows.map(([name, text, replacement]) => ({ name, file, text, replacement, noticedBy }));
}

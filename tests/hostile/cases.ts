// Runs cases, each in a process of its own, a few at a time: what a hostile guest does to the process
// it is in (a crash, a hang, descriptors left open) is seen from outside.

import { build } from 'esbuild';
import { Child, REPOSITORY } from '../e2e/support/child.ts';

const LANES = 2;

/** The program of a case, and processes that run it. */
export class Cases {
  readonly #program: string;

  /** @param name of the program: two processes that run cases at the same time need two */
  constructor(name: string) {
    this.#program = `build/tests/hostile-${name}.js`;
  }

  /** Compiles the program once: a loader in each process would take longer than the case. */
  async build(): Promise<void> {
    await build({
      absWorkingDir: REPOSITORY,
      entryPoints: ['tests/hostile/case.ts'],
      outfile: this.#program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      sourcemap: 'inline',
      logLevel: 'warning',
    });
  }

  /** Runs one case. @returns why it failed, or undefined */
  async run(id: string, seconds: number): Promise<string | undefined> {
    const child = new Child(process.execPath, ['--enable-source-maps', this.#program, id]);
    const exit = await child.end(seconds).catch((error: unknown) => (error as Error).message);
    if (typeof exit === 'string') return exit;
    if (exit.code === 0) return undefined;
    return child.describe(`ended by ${exit.signal ?? exit.code}`);
  }

  /** Starts all cases, {@link LANES} at a time, in their order. @returns the results by id */
  runAll(
    ids: readonly string[],
    seconds: number,
  ): ReadonlyMap<string, Promise<string | undefined>> {
    const queue = [...ids];
    const results = new Map<string, Promise<string | undefined>>();
    const ends = new Map<string, (result: string | undefined) => void>();
    for (const id of ids) results.set(id, new Promise((end) => ends.set(id, end)));
    const lane = async (): Promise<void> => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        ends.get(id)?.(await this.run(id, seconds));
      }
    };
    for (let index = 0; index < LANES; index++) void lane();
    return results;
  }
}

// Starts the threads of this library, and knows what Node has to be told of them.

import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Set by scripts/build.mjs; where the sources run, their names end as TypeScript has it. */
declare const BUILT_THREAD_EXTENSION: string | undefined;

const EXTENSION = typeof BUILT_THREAD_EXTENSION === 'undefined' ? '.js' : BUILT_THREAD_EXTENSION;

/** Options that a thread's modules may need, each with a value: `--import tsx`, `--import=tsx`. */
const FOR_MODULES =
  /^(?:--import|--require|-r|--loader|--experimental-loader|--conditions|-C)(?<value>=.*)?$/;

/** Starts a thread by the file of its entry, which lies beside this one. */
export function startThread(
  entry: 'reactor-thread' | 'record-thread',
  options: WorkerOptions,
): Worker {
  const url = new URL(`./${entry}${EXTENSION}`, import.meta.url);
  return new Worker(url, { ...nodeOptions(), ...options });
}

/**
 * A thread has the options that the program was started with, and so it should be; but with
 * `--input-type`, which a program has that is given on the command line or by standard input, Node 20
 * starts no thread from a file. Then it has those alone that have to do with modules.
 */
function nodeOptions(): { execArgv?: string[] } {
  const { execArgv } = process;
  if (!execArgv.some((option) => option.startsWith('--input-type'))) return {};
  const kept: string[] = [];
  execArgv.forEach((option, index) => {
    const match = FOR_MODULES.exec(option);
    if (match === null) return;
    kept.push(option);
    const next = execArgv[index + 1];
    if (match.groups?.['value'] === undefined && next !== undefined) kept.push(next);
  });
  return { execArgv: kept };
}

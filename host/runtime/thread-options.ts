// What Node is told of the threads that this library starts.

/** Options that a thread's modules may need, each with a value: `--import tsx`, `--import=tsx`. */
const FOR_MODULES =
  /^(?:--import|--require|-r|--loader|--experimental-loader|--conditions|-C)(?<value>=.*)?$/;

/**
 * For `Worker`. A thread has the options that the program was started with, and so it should be; but
 * with `--input-type`, which a program has that is given on the command line or by standard input,
 * Node 20 starts no thread from a file. Then it has those alone that have to do with modules.
 */
export function threadOptions(): { execArgv?: string[] } {
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

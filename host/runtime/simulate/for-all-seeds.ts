// The same test under many seeds. A failure names its seed, and an environment variable pins it.

/** Runs one seed alone: `POLLUX_SIM_SEED=7 npm test`. */
export const SEED_VARIABLE = 'POLLUX_SIM_SEED';

/**
 * Runs `body` for the seeds 0 to `count - 1`, one after the other; with POLLUX_SIM_SEED set, for that
 * seed alone.
 *
 * @throws Error that names the seed and how to run it again; its cause is what `body` threw.
 */
export async function forAllSeeds(
  count: number,
  body: (seed: number) => void | Promise<void>,
): Promise<void> {
  for (const seed of pinnedSeeds() ?? Array(count).keys()) {
    try {
      await body(seed);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`seed ${seed}: ${reason} (again: ${SEED_VARIABLE}=${seed})`, {
        cause: error,
      });
    }
  }
}

/** @throws Error when the variable is no whole number. */
function pinnedSeeds(): number[] | undefined {
  const text = typeof process === 'undefined' ? undefined : process.env[SEED_VARIABLE];
  if (text === undefined || text === '') return undefined;
  if (!/^\d+$/.test(text)) {
    throw new Error(`${SEED_VARIABLE} is ${JSON.stringify(text)}; give a whole number, 0 or more`);
  }
  return [Number(text)];
}

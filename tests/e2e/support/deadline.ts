// A bound on every wait of a test. Nothing is timed by it: a wait that reaches it has failed.

/** Resolves as `promise` does, or rejects after `seconds`, naming what did not happen. */
export async function within<T>(
  seconds: number,
  promise: Promise<T>,
  describe: () => string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`after ${seconds} s: ${describe()}`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

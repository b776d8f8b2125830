// The bench's modules, with types: they are plain JavaScript.

export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

export interface Programs {
  readonly server: string;
  readonly load: string;
}

/** Imports `bench/NAME`. */
export async function benchModule<T>(name: string): Promise<T> {
  return (await import(new URL(`../../bench/${name}`, import.meta.url).href)) as T;
}

/** The native server and the load generator, compiled. */
export async function programs(): Promise<Programs> {
  const { nativePrograms } = await benchModule<{ nativePrograms: () => Programs }>('native.mjs');
  return nativePrograms();
}

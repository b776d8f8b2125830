// Starts a worker thread from a .ts file. Under Node 20 the loader that the main thread was started
// with does not reach a worker's entry, so the entry is a `data:` module that registers it first.

import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a thread that runs the module at `url`, a `file:` URL of a TypeScript file. */
export function startWorker(url: URL, options: WorkerOptions = {}): Worker {
  const loader = import.meta.resolve('tsx/esm/api');
  const source = `
    import { register } from ${JSON.stringify(loader)};
    register();
    await import(${JSON.stringify(url.href)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), options);
}

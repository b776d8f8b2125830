// Loaded into a server before its own code, with --expose-gc, when memory is measured: collects
// garbage while the server rests. Node's event loop gets a timer. A guest's thread has no event
// loop that turns, so that its poll_oneoff is made to collect when it has waited for long.

'use strict';

const { isMainThread } = require('node:worker_threads');

const REST_MS = 100;

setInterval(globalThis.gc, REST_MS).unref();
if (!isMainThread) {
  const { Instance } = WebAssembly;
  WebAssembly.Instance = function (module, imports) {
    const preview1 = imports.wasi_snapshot_preview1;
    const poll = preview1.poll_oneoff;
    preview1.poll_oneoff = (...parameters) => {
      const startMs = performance.now();
      const errno = poll(...parameters);
      if (performance.now() - startMs >= REST_MS) globalThis.gc();
      return errno;
    };
    return new Instance(module, imports);
  };
}

// A thread that compiles guests' modules, one after the other: see build-guests.mjs.

import { parentPort } from 'node:worker_threads';
import { compile } from './build-guests.mjs';

parentPort.on('message', async (module) => {
  try {
    parentPort.postMessage({ bytes: await compile(module) });
  } catch (error) {
    parentPort.postMessage({ problem: error.message });
  }
});

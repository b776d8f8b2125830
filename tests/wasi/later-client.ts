// The thread behind actLater.

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import type { Address } from '../../host/kernel/address.ts';
import type { ClientAct } from './later.ts';

/** How often to look before going ahead: the act has to happen in any case. */
const LOOKS_MAX = 200_000;

let client: Socket | undefined;

parentPort?.on('message', (message: ClientAct) => {
  waitUntilMainThreadBlocks();
  switch (message.act) {
    case 'connect':
      client?.destroy();
      client = connectTo(message.address);
      // The test looks at the guest's end; that the connection ends with it is no error here.
      client.on('error', () => {});
      return;
    case 'send':
      client?.write(Buffer.from(message.text, 'latin1'));
      return;
    case 'end':
      client?.end();
      return;
    case 'reset':
      client?.resetAndDestroy();
      return;
    case 'drain':
      client?.resume();
  }
});

function connectTo(address: Address): Socket {
  return address.family === 'unix'
    ? connect({ path: address.path, allowHalfOpen: true })
    : connect({ port: address.port, host: address.host, allowHalfOpen: true });
}

/** The main thread has the number of the process. S: it sleeps in a system call. */
function waitUntilMainThreadBlocks(): void {
  const path = `/proc/${process.pid}/task/${process.pid}/stat`;
  for (let look = 0; look < LOOKS_MAX; look++) {
    const text = readFileSync(path, 'latin1');
    if (text[text.lastIndexOf(')') + 2] === 'S') return;
  }
}

// The thread behind `Peers.later` of the native kernel. It is told what to do while the main thread
// still runs, waits until that one is blocked in a system call, and does it.

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { signalWake } from '../../host/kernel/native/wake.ts';
import type { LaterAct } from './peers.ts';

/** Something to do, and for a wake the descriptor to do it with. */
export type LaterMessage = (
  LaterAct | { readonly act: 'signal'; readonly signal: NodeJS.Signals }
) & {
  readonly wakeDescriptor: number;
};

/** How often to look before going ahead: the act has to happen in any case. */
const LOOKS_MAX = 200_000;

let client: Socket | undefined;

parentPort?.on('message', (message: LaterMessage) => {
  waitUntilMainThreadBlocks();
  switch (message.act) {
    case 'wake':
      signalWake(message.wakeDescriptor);
      return;
    case 'connect':
      connectClient(message.address);
      return;
    case 'send':
      client?.write(Buffer.from(message.text, 'latin1'));
      return;
    case 'drain':
      client?.resume();
      return;
    case 'signal':
      process.kill(process.pid, message.signal);
  }
});

function connectClient(address: Extract<LaterAct, { act: 'connect' }>['address']): void {
  client?.destroy();
  client = address.family === 'unix' ? connect(address.path) : connect(address.port, address.host);
  // The test looks at its own end; that the connection ends with it is no error here.
  client.on('error', () => {});
}

/** The main thread has the number of the process. S: it sleeps in a system call. */
function waitUntilMainThreadBlocks(): void {
  const path = `/proc/${process.pid}/task/${process.pid}/stat`;
  for (let look = 0; look < LOOKS_MAX; look++) {
    const text = readFileSync(path, 'latin1');
    if (text[text.lastIndexOf(')') + 2] === 'S') return;
  }
}

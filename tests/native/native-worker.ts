// The other thread of native-waits.test.ts. It says 'ready', and does what a message tells it.

import { parentPort } from 'node:worker_threads';
import { Mode, Readiness } from '../../host/kernel/kernel.ts';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import { signalWake } from '../../host/kernel/native/wake.ts';
import { ReadyList } from '../../host/kernel/ready-list.ts';

export type Order =
  /** Signals a wake descriptor. */
  | { readonly act: 'wake'; readonly wakeDescriptor: number }
  /** Makes a kernel with all kinds of descriptors, and keeps it. */
  | { readonly act: 'hold' }
  /** As above, and then waits for ever. */
  | { readonly act: 'wait'; readonly wakeDescriptor: number };

const held: NativeKernel[] = [];

parentPort?.on('message', (order: Order) => {
  if (order.act === 'wake') {
    signalWake(order.wakeDescriptor);
    return;
  }
  const wakeDescriptor = order.act === 'wait' ? order.wakeDescriptor : undefined;
  const kernel = new NativeKernel(wakeDescriptor === undefined ? {} : { wakeDescriptor });
  held.push(kernel);
  const set = fill(kernel);
  parentPort?.postMessage('filled');
  if (order.act === 'hold') return;
  const ready = new ReadyList(4);
  for (;;) kernel.wait(set, Infinity, ready);
});
parentPort?.postMessage('ready');

/** Opens a listener, a connection, a copy, standard streams and a set. Returns the set. */
function fill(kernel: NativeKernel): number {
  const listener = kernel.open('ipv4');
  kernel.bind(listener, { family: 'ipv4', host: '127.0.0.1', port: 0 });
  kernel.listen(listener, 4);
  const address = kernel.localAddress(listener);
  if (typeof address === 'number') throw new Error(`no address: ${address}`);
  const client = kernel.open('ipv4');
  kernel.connect(client, address);
  kernel.dup(client);
  for (let index = 0; index < 3; index++) kernel.openStdio(index);
  const set = kernel.openSet();
  kernel.watch(set, client, Readiness.READ, Mode.LEVEL);
  return set;
}

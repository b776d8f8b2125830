// The other thread of native-batch.test.ts: answers one message, and then computes for ever.

import { parentPort } from 'node:worker_threads';
import type { Address } from '../../host/kernel/address.ts';
import { Mode, Readiness } from '../../host/kernel/kernel.ts';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import { ReadyList } from '../../host/kernel/ready-list.ts';
import { MESSAGE, TURNS_BEFORE } from './batch-turns.ts';

parentPort?.once('message', (address: Address) => {
  const kernel = new NativeKernel();
  kernel.attach(new ArrayBuffer(65536));
  const socket = kernel.open('ipv4');
  kernel.connect(socket, address);
  const set = kernel.openSet();
  kernel.watch(set, socket, Readiness.READ, Mode.LEVEL);
  const ready = new ReadyList(4);
  for (let turn = 0; turn < TURNS_BEFORE; turn++) {
    kernel.wait(set, Infinity, ready);
    kernel.recv(socket, 0, 4096, 0);
    kernel.send(socket, 0, MESSAGE.length);
  }
  // No call follows that would send it.
  kernel.wait(set, Infinity, ready);
  kernel.recv(socket, 0, 4096, 0);
  kernel.send(socket, 0, MESSAGE.length);
  parentPort?.postMessage('kept');
  for (;;);
});

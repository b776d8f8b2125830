// An echo server of a few lines of JavaScript on the native kernel: no guest, no sandbox, no rot13. What
// it takes more than the one in C is the price of crossing from JavaScript into C, by the turn for small
// messages. Started with `--import tsx`.

import { NativeKernel } from '../host/kernel/native/native-kernel.ts';
import { Mode, Readiness } from '../host/kernel/kernel.ts';
import { ReadyList } from '../host/kernel/ready-list.ts';

const BUFFER_BYTES = 65_536;
const BACKLOG = 4096;
/** As many as a guest's poll asks for: host/wasi/poll.ts. */
const READY_COUNT_MAX = 256;

const kernel = new NativeKernel();
kernel.attach(new ArrayBuffer(BUFFER_BYTES));
const listener = checked(kernel.open('ipv4'));
checked(kernel.bind(listener, { family: 'ipv4', host: '127.0.0.1', port: 0 }));
checked(kernel.listen(listener, BACKLOG));
const set = checked(kernel.openSet());
checked(kernel.watch(set, listener, Readiness.READ, Mode.LEVEL));
const ready = new ReadyList(READY_COUNT_MAX);
const { port } = kernel.localAddress(listener);
process.stderr.write(`addon: listening on tcp:127.0.0.1:${port}\n`);
for (;;) turn();

/** Returns, so that V8 compiles it. */
function turn() {
  const count = kernel.wait(set, Infinity, ready);
  for (let index = 0; index < count; index += 1) {
    const handle = ready.pairs[2 * index];
    if (handle === listener) acceptAll();
    else echo(handle);
  }
}

function acceptAll() {
  for (;;) {
    const handle = kernel.accept(listener);
    if (handle < 0) return;
    checked(kernel.watch(set, handle, Readiness.READ, Mode.LEVEL));
  }
}

function echo(handle) {
  const receivedBytes = kernel.recv(handle, 0, BUFFER_BYTES, 0);
  if (receivedBytes <= 0) {
    kernel.close(handle);
    return;
  }
  const sentBytes = kernel.send(handle, 0, receivedBytes);
  if (sentBytes !== receivedBytes) throw new Error(`a send took ${sentBytes} of ${receivedBytes}`);
}

function checked(result) {
  if (result < 0) throw new Error(`the kernel answers ${result}`);
  return result;
}

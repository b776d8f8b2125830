// A client that ends its side of a connection and then resets it, which a socket of Node's can't:
// it has no reset behind a half-close.

import * as assert from 'uvu/assert';
import { Errno } from '../../../host/base/errno.ts';
import { NS_PER_S } from '../../../host/base/units.ts';
import { Readiness, Shutdown, SocketOption } from '../../../host/kernel/kernel.ts';
import { NativeKernel } from '../../../host/kernel/native/native-kernel.ts';
import { FewList } from '../../../host/kernel/ready-list.ts';
import { targetOf } from '../../e2e/support/target.ts';

const PATIENCE_NS = 20 * NS_PER_S;

/** Connects over TCP, sends `bytes`, ends its side, resets the connection. */
export function finishAndReset(address: string, bytes: Uint8Array): void {
  const target = targetOf(address);
  assert.ok('port' in target, `${address} is no TCP address`);
  const kernel = new NativeKernel();
  kernel.attach(Uint8Array.from(bytes).buffer);
  const handle = kernel.open('ipv4');
  const result = kernel.connect(handle, { family: 'ipv4', ...target });
  assert.ok(result === 0 || result === -Errno.INPROGRESS, `connect answers ${result}`);
  const few = new FewList();
  few.add(handle, Readiness.WRITE);
  assert.is(kernel.waitFew(few, PATIENCE_NS), 1);
  assert.is(kernel.send(handle, 0, bytes.length), bytes.length);
  assert.is(kernel.shutdown(handle, Shutdown.WRITE), 0);
  assert.is(kernel.setOption(handle, SocketOption.LINGER, 0), 0);
  assert.is(kernel.close(handle), 0);
}

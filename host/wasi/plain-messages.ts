// The plain message, which nearly all are: one whole buffer of a list of one, a connection that does
// not block and keeps nothing, no flag, every pointer aligned. What it takes is in one piece here, for
// V8 to compile into the import. Whatever is not plain is left, untouched, to sockets.ts and io.ts,
// which answer the same and all the rest.

import type { SysResult } from '../base/sys-result.ts';
import { Counter } from './control-block.ts';
import { Iovec } from './layout.ts';
import type { GuestMemory } from './memory.ts';
import type { Sandbox } from './sandbox.ts';

/** No errno is negative: nothing has been done. */
export const NOT_PLAIN = 1;

/** No pointer. */
const NONE = -1;

/**
 * Pointers and descriptors are as WebAssembly hands them over, signed: one of 2 GiB or more is below
 * 0, and not plain. `iovs` is a list of one buffer.
 */
export interface PlainMessages {
  /**
   * @param roFlagsOut where sock_recv's flags go; fd_read, which has none, says `countOut`, and the
   *   count is written over them.
   * @returns 0; a negated errno of the kernel's recv; {@link NOT_PLAIN}, and nothing has happened.
   */
  receive(fd: number, iovs: number, countOut: number, roFlagsOut: number): SysResult;
  /** @returns 0; a negated errno of the kernel's send; {@link NOT_PLAIN}, and nothing has happened. */
  send(fd: number, iovs: number, countOut: number): SysResult;
}

export function plainMessages(sandbox: Sandbox): PlainMessages {
  const { counters, descriptors, kernel } = sandbox;
  return {
    receive(fd, iovs, countOut, roFlagsOut) {
      const { memory } = sandbox;
      const pointer = bufferAt(memory, iovs, countOut);
      if (pointer < 0) return NOT_PLAIN;
      const bufferBytes = memory.words[(iovs + Iovec.LEN) >> 2] as number;
      if (bufferBytes <= 0 || pointer + bufferBytes > memory.lengthBytes) return NOT_PLAIN;
      if (roFlagsOut < 0 || roFlagsOut + 2 > memory.lengthBytes) return NOT_PLAIN;
      const socket = descriptors.get(fd);
      if (socket === undefined || !socket.isOneCall) return NOT_PLAIN;
      const result = kernel.recv(socket.handle, pointer, bufferBytes, 0);
      if (result < 0) return result;
      if (result > 0) {
        socket.isIdle = false;
        counters[Counter.RECEIVED_BYTES] = (counters[Counter.RECEIVED_BYTES] as number) + result;
      }
      // The count last: what the call wrote is found by it, also where the two results overlap.
      memory.view.setUint16(roFlagsOut, 0, true);
      memory.words[countOut >> 2] = result;
      return 0;
    },

    send(fd, iovs, countOut) {
      const { memory } = sandbox;
      const pointer = bufferAt(memory, iovs, countOut);
      if (pointer < 0) return NOT_PLAIN;
      const bufferBytes = memory.words[(iovs + Iovec.LEN) >> 2] as number;
      if (bufferBytes <= 0 || pointer + bufferBytes > memory.lengthBytes) return NOT_PLAIN;
      const socket = descriptors.get(fd);
      if (socket === undefined || !socket.isOneCall) return NOT_PLAIN;
      const result = kernel.send(socket.handle, pointer, bufferBytes);
      if (result < 0) return result;
      socket.isIdle = false;
      counters[Counter.SENT_BYTES] = (counters[Counter.SENT_BYTES] as number) + result;
      memory.words[countOut >> 2] = result;
      return 0;
    },
  };
}

/** Where the one buffer of a list lies; {@link NONE} when list or count are not where they can be. */
function bufferAt({ lengthBytes, words }: GuestMemory, iovs: number, countOut: number): number {
  const isAligned = ((iovs | countOut) & 3) === 0;
  if ((iovs | countOut) < 0 || !isAligned) return NONE;
  if (iovs + Iovec.BYTES > lengthBytes || countOut + 4 > lengthBytes) return NONE;
  return words[(iovs + Iovec.BUF) >> 2] as number;
}

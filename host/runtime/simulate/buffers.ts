// The sizes of a socket's buffers, as a test gives them.

import type { Family } from '../../kernel/address.ts';
import { SocketOption } from '../../kernel/kernel.ts';
import type { OpenFile } from '../../kernel/sim/open-file.ts';
import { usage } from './options.ts';

const BYTES_MAX = 2 ** 30;

export interface Buffers {
  /**
   * How much it takes in before it reads. Not of a unix socket, where what was sent stays in the
   * sender's buffer.
   */
  readonly receiveBufferBytes?: number;
  /** How much it takes of what it was given to send. */
  readonly sendBufferBytes?: number;
}

/** @throws SimulationError `USAGE` for a size that makes no sense, or that `family` does not have. */
export function checkBuffers(buffers: Buffers, family: Family): void {
  const { receiveBufferBytes, sendBufferBytes } = buffers;
  for (const [name, bytes] of Object.entries({ receiveBufferBytes, sendBufferBytes })) {
    if (bytes === undefined) continue;
    if (Number.isInteger(bytes) && bytes >= 1 && bytes <= BYTES_MAX) continue;
    throw usage(`${name} is ${bytes}; give a number of bytes from 1 to 2^30`);
  }
  if (receiveBufferBytes === undefined || family !== 'unix') return;
  throw usage("a unix socket has no receiveBufferBytes: what waits is in the sender's buffer");
}

/** Sets the sizes that are given. Of a listener: those of each connection that it will accept. */
export function setBuffers(socket: OpenFile, buffers: Buffers): void {
  const { receiveBufferBytes, sendBufferBytes } = buffers;
  // Linux takes half of what it will use. Source: SO_SNDBUF in socket(7).
  if (receiveBufferBytes !== undefined) {
    socket.setOption(SocketOption.RECEIVE_BUFFER, Math.ceil(receiveBufferBytes / 2));
  }
  if (sendBufferBytes !== undefined) {
    socket.setOption(SocketOption.SEND_BUFFER, Math.ceil(sendBufferBytes / 2));
  }
}

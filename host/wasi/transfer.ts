// Moving bytes: what fd_read, fd_write, sock_recv and sock_send share. A descriptor blocks until
// it has moved what POSIX says it must, unless its NONBLOCK flag is set.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import { RECV_PEEK, Readiness } from '../kernel/kernel.ts';
import { Counter } from './control-block.ts';
import { type Descriptor, Kind } from './descriptors.ts';
import { Iovecs } from './iovecs.ts';
import { RiFlags } from './layout.ts';
import type { Sandbox } from './sandbox.ts';

export class Transfer {
  readonly #sandbox: Sandbox;
  readonly #iovecs: Iovecs;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.#iovecs = new Iovecs(sandbox);
  }

  /**
   * Fills the buffers of a list from a socket. Blocking, it waits for the first byte; with WAITALL
   * for all of them, the end, or an error.
   *
   * @returns the count of bytes; 0 at the peer's end, or when no byte was asked for; `-FAULT`;
   *   `-AGAIN`, `-CONNRESET`, `-NOTCONN` on a listener.
   */
  receive(socket: Descriptor, iovs: number, iovsCount: number, riFlags: number): SysResult {
    const iovecs = this.#iovecs;
    const loaded = iovecs.load(iovs, iovsCount);
    if (loaded < 0) return loaded;
    if (socket.kind === Kind.LISTENER) return -Errno.NOTCONN;
    const isPeek = (riFlags & RiFlags.RECV_PEEK) !== 0;
    // A peek leaves the bytes where they are, so that it can't wait for more of them.
    const isWaitAll = (riFlags & RiFlags.RECV_WAITALL) !== 0 && !isPeek;
    if (socket.heldError !== 0 && iovecs.remainingBytes > 0) return takeHeldError(socket);
    let doneBytes = 0;
    while (iovecs.remainingBytes > 0) {
      if (doneBytes > 0) this.#sandbox.pulse();
      const result = iovecs.recv(socket.handle, isPeek ? RECV_PEEK : 0);
      if (result > 0) {
        doneBytes += result;
        iovecs.consume(result);
        socket.isIdle = false;
        if (!isWaitAll) break;
      } else if (result === -Errno.AGAIN && !socket.isNonBlocking) {
        this.#sandbox.waitFor(socket.handle, Readiness.READ);
      } else if (result === 0 || doneBytes > 0) {
        holdError(socket, result);
        break;
      } else {
        return result;
      }
    }
    if (!isPeek) this.#sandbox.count(Counter.RECEIVED_BYTES, doneBytes);
    return doneBytes;
  }

  /**
   * Sends the buffers of a list. Blocking, it waits until the system has taken every byte.
   *
   * @returns the count of bytes, fewer than asked when an error came after some (the next call
   *   answers it) or when the descriptor does not block; `-FAULT`; `-AGAIN`, `-CONNRESET`, `-PIPE`.
   */
  send(socket: Descriptor, iovs: number, iovsCount: number): SysResult {
    const iovecs = this.#iovecs;
    const loaded = iovecs.load(iovs, iovsCount);
    if (loaded < 0) return loaded;
    if (socket.kind === Kind.LISTENER) return -Errno.PIPE;
    if (socket.heldError !== 0 && iovecs.remainingBytes > 0) return takeHeldError(socket);
    let doneBytes = 0;
    while (iovecs.remainingBytes > 0) {
      if (doneBytes > 0) this.#sandbox.pulse();
      const result = iovecs.send(socket.handle);
      if (result > 0) {
        doneBytes += result;
        iovecs.consume(result);
        socket.isIdle = false;
        if (socket.isNonBlocking) break;
      } else if (result === -Errno.AGAIN && !socket.isNonBlocking) {
        this.#sandbox.waitFor(socket.handle, Readiness.WRITE);
      } else if (doneBytes > 0) {
        holdError(socket, result);
        break;
      } else {
        return result;
      }
    }
    this.#sandbox.count(Counter.SENT_BYTES, doneBytes);
    return doneBytes;
  }

  /** Reads from a stream into the first buffer of a list. @returns as {@link receive} */
  read(stream: Descriptor, iovs: number, iovsCount: number): SysResult {
    const iovecs = this.#iovecs;
    const loaded = iovecs.load(iovs, iovsCount);
    if (loaded < 0) return loaded;
    if (iovecs.remainingBytes === 0) return 0;
    if (stream.heldError !== 0) return takeHeldError(stream);
    for (;;) {
      const result = this.#sandbox.kernel.read(stream.handle, iovecs.pointer, iovecs.lengthBytes);
      if (result !== -Errno.AGAIN || stream.isNonBlocking) return result;
      this.#sandbox.waitFor(stream.handle, Readiness.READ);
    }
  }

  /** Writes the buffers of a list to a stream, a piece at a time. @returns as {@link send} */
  write(stream: Descriptor, iovs: number, iovsCount: number): SysResult {
    const iovecs = this.#iovecs;
    const loaded = iovecs.load(iovs, iovsCount);
    if (loaded < 0) return loaded;
    if (stream.heldError !== 0 && iovecs.remainingBytes > 0) return takeHeldError(stream);
    let doneBytes = 0;
    while (iovecs.remainingBytes > 0) {
      this.#sandbox.pulse();
      const result = this.#sandbox.kernel.write(stream.handle, iovecs.pointer, iovecs.lengthBytes);
      if (result >= 0) {
        doneBytes += result;
        iovecs.consume(result);
      } else if (result === -Errno.AGAIN && !stream.isNonBlocking) {
        this.#sandbox.waitFor(stream.handle, Readiness.WRITE);
      } else if (doneBytes > 0) {
        holdError(stream, result);
        break;
      } else {
        return result;
      }
    }
    return doneBytes;
  }
}

/**
 * Keeps what ended a call after some bytes. The system tells a reset only once: without this it
 * would read as a clean end. PIPE it tells again and again, and only to those who send.
 */
function holdError(descriptor: Descriptor, result: SysResult): void {
  if (result === 0 || result === -Errno.AGAIN || result === -Errno.PIPE) return;
  descriptor.heldError = result;
}

function takeHeldError(descriptor: Descriptor): SysResult {
  const result = descriptor.heldError;
  descriptor.heldError = 0;
  return result;
}

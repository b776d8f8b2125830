// A TCP socket as its owner sees it: the calls, and what they answer in each state. What segments
// do to it is in tcp-connection.ts, its parent.
//
// Source: net/ipv4/af_inet.c and tcp.c of Linux 6.18, function by function as named below.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import type { Address } from '../address.ts';
import { FileType, Readiness, Shutdown, SocketOption } from '../kernel.ts';
import { resolveBind, resolveConnect } from './inet-address.ts';
import type { OpenFile } from './open-file.ts';
import { UNPRIVILEGED_FIRST } from './ports.ts';
import { TcpConnection } from './tcp-connection.ts';
import { TcpState } from './tcp-wire.ts';

/** The longest queue of a listener. Source: /proc/sys/net/core/somaxconn. */
export const BACKLOG_MAX = 4096;

/** What `connect` has come to, which is not the state of the connection. Source: net.h. */
const Asked = { NOT: 0, CONNECTING: 1, CONNECTED: 2, DISCONNECTING: 3 } as const;
type Asked = (typeof Asked)[keyof typeof Asked];

export class TcpSocket extends TcpConnection {
  readonly fileType = FileType.SOCKET_STREAM;
  readonly isSocket = true;
  override readonly isTcp = true;
  #asked: Asked = Asked.NOT;
  #isBound = false;

  /** inet_bind. */
  override bind(address: Address): SysResult {
    const resolved = resolveBind(this.local.family, address);
    if (typeof resolved === 'number') return resolved;
    if (resolved.port !== 0 && resolved.port < UNPRIVILEGED_FIRST) return -Errno.ACCES;
    if (this.state !== TcpState.CLOSE || this.local.port !== 0) return -Errno.INVAL;
    const { ports } = this.network;
    if (resolved.port === 0) return this.bindTo({ ...resolved, port: ports.pickFree() });
    if (ports.isTaken(this, resolved)) return -Errno.ADDRINUSE;
    this.#isBound = true;
    return this.bindTo(resolved);
  }

  /** inet_listen. */
  override listen(backlog: number): SysResult {
    if (this.#asked !== Asked.NOT) return -Errno.INVAL;
    if (this.state !== TcpState.CLOSE && this.state !== TcpState.LISTEN) return -Errno.INVAL;
    this.backlog = Math.min(backlog >>> 0, BACKLOG_MAX);
    if (this.state === TcpState.LISTEN) return 0;
    if (this.local.port === 0) this.bindTo({ ...this.local, port: this.network.ports.pickFree() });
    if (this.network.ports.isListenedTo(this)) return -Errno.ADDRINUSE;
    this.state = TcpState.LISTEN;
    return 0;
  }

  /** inet_stream_connect. */
  override connect(address: Address): SysResult {
    if (this.#asked === Asked.CONNECTED) return -Errno.ISCONN;
    if (this.#asked === Asked.DISCONNECTING) return -Errno.INVAL;
    if (this.#asked === Asked.CONNECTING) return this.#connectAgain();
    if (this.state !== TcpState.CLOSE) return -Errno.ISCONN;
    const resolved = resolveConnect(this.local.family, address);
    if (typeof resolved === 'number') return resolved;
    const port = this.local.port || this.network.ports.pickFree();
    const isNew = this.local.port === 0;
    if (isNew) this.bindTo({ ...this.local, host: resolved.host, port });
    this.startConnecting(resolved);
    this.#asked = Asked.CONNECTING;
    return -Errno.INPROGRESS;
  }

  #connectAgain(): SysResult {
    if (this.state === TcpState.SYN_SENT) return -Errno.ALREADY;
    if (this.state === TcpState.CLOSE) {
      const error = this.takePending() || Errno.CONNABORTED;
      this.disconnect();
      this.#asked = Asked.NOT;
      return this.rules.takenErrorAborts ? -error : 0;
    }
    this.#asked = Asked.CONNECTED;
    return this.rules.connectedAtFirstQuestion ? 0 : -Errno.ISCONN;
  }

  /** inet_csk_accept. */
  override accept(): OpenFile | SysResult {
    if (this.state !== TcpState.LISTEN && this.rules.onlyListenersAccept) return -Errno.INVAL;
    const child = this.rules.firstQueuedFirst ? this.queue.shift() : this.queue.pop();
    if (child === undefined) return -Errno.AGAIN;
    child.#asked = Asked.CONNECTED;
    return child;
  }

  /** tcp_recvmsg_locked. */
  override recv(target: Uint8Array, at: number, lengthBytes: number, isPeek: boolean): SysResult {
    if (this.state === TcpState.LISTEN) return -Errno.NOTCONN;
    if (lengthBytes === 0 && !this.rules.recvOfNothingAsks) return 0;
    const { rules } = this;
    if (!rules.dataBeforeError && this.error !== 0) return -this.takePending();
    const { bytes } = this.received;
    if (bytes.lengthBytes > 0) {
      if (isPeek && rules.peekLeaves) return bytes.peek(target, at, lengthBytes);
      const count = bytes.read(target, at, lengthBytes);
      this.afterRead();
      return count;
    }
    if (this.received.isFinReceived && rules.endHidesError) return 0;
    if (this.error !== 0) return -this.takePending();
    if ((this.ended & Shutdown.READ) !== 0) return 0;
    return this.state === TcpState.CLOSE && rules.freshIsNotConnected
      ? -Errno.NOTCONN
      : -Errno.AGAIN;
  }

  /** tcp_sendmsg_locked; sk_stream_wait_connect and sk_stream_error for what it answers. */
  override send(source: Uint8Array, at: number, lengthBytes: number): SysResult {
    const { state, rules } = this;
    if (lengthBytes === 0 && !rules.sendOfNothingTells) return 0;
    if (state !== TcpState.ESTABLISHED && state !== TcpState.CLOSE_WAIT) {
      if (this.error !== 0 && rules.sendTakesError) return -this.takePending();
      if (state === TcpState.SYN_SENT) return -Errno.AGAIN;
      return rules.freshSendIsPipe || this.remote !== undefined ? -Errno.PIPE : -Errno.NOTCONN;
    }
    if (this.error !== 0 || (this.ended & Shutdown.WRITE) !== 0) {
      return -(this.takePending() || Errno.PIPE);
    }
    if (this.isPeerKnownGone) return -Errno.PIPE;
    return this.queueBytes(source, at, lengthBytes);
  }

  /** inet_shutdown. */
  override shutdown(how: Shutdown): SysResult {
    if (this.#asked === Asked.CONNECTING) {
      const isUnderWay = this.state === TcpState.SYN_SENT || this.state === TcpState.CLOSE;
      this.#asked = isUnderWay ? Asked.DISCONNECTING : Asked.CONNECTED;
    }
    const result = this.#shutdownIn(this.state, how);
    if (this.rules.shutdownIsEvent) this.wake(0);
    return result;
  }

  #shutdownIn(state: TcpState, how: Shutdown): SysResult {
    if (state === TcpState.LISTEN || state === TcpState.SYN_SENT) {
      if (state === TcpState.LISTEN && (how & Shutdown.READ) === 0) return 0;
      this.disconnect();
      this.#asked = Asked.NOT;
      if (!this.#isBound) this.unbind();
      return 0;
    }
    this.ended |= how;
    if (state === TcpState.CLOSE) return this.rules.shutdownNeedsPeer ? -Errno.NOTCONN : 0;
    if ((how & Shutdown.WRITE) !== 0) this.endSending();
    return 0;
  }

  /** tcp_poll. */
  override poll(): number {
    const { state, ended, rules } = this;
    if (state === TcpState.LISTEN) return this.queue.length > 0 ? Readiness.READ : 0;
    let readiness = 0;
    if (ended === Shutdown.BOTH && rules.bothEndsHangUp) readiness |= Readiness.HANGUP;
    if (state === TcpState.CLOSE && rules.closedIsHungUp) readiness |= Readiness.HANGUP;
    if ((ended & Shutdown.READ) !== 0) {
      if (rules.endIsReadable) readiness |= Readiness.READ;
      if (rules.endIsReadHangup) readiness |= Readiness.READ_HANGUP;
      if (!rules.halfCloseIsNoHangup) readiness |= Readiness.HANGUP;
    }
    if (state !== TcpState.SYN_SENT) {
      if (this.received.bytes.lengthBytes > 0) readiness |= Readiness.READ;
      if (this.pollRoom()) readiness |= Readiness.WRITE;
    }
    return this.error === 0 ? readiness : readiness | Readiness.ERROR;
  }

  override takeError(): SysResult {
    return this.takePending();
  }

  override setOption(option: SocketOption, value: number): SysResult {
    switch (option) {
      case SocketOption.REUSE_ADDRESS:
      case SocketOption.NO_DELAY:
        if (value !== 0 && value !== 1) return -Errno.INVAL;
        if (option === SocketOption.REUSE_ADDRESS) this.isReusing = value === 1;
        else this.isNoDelay = value === 1;
        return 0;
      case SocketOption.LINGER:
        if (value < -1) return -Errno.INVAL;
        if (value > 0) return -Errno.NOTSUP;
        this.resetsOnClose = value === 0;
        return 0;
      case SocketOption.SEND_BUFFER:
        return value < 0 ? -Errno.INVAL : this.sending.resize(value);
      case SocketOption.RECEIVE_BUFFER:
        return value < 0 ? -Errno.INVAL : this.received.resize(value);
      default:
        return -Errno.INVAL;
    }
  }

  override getOption(option: SocketOption): SysResult {
    switch (option) {
      case SocketOption.REUSE_ADDRESS:
        return Number(this.isReusing);
      case SocketOption.NO_DELAY:
        return Number(this.isNoDelay);
      case SocketOption.LINGER:
        return Number(this.resetsOnClose);
      case SocketOption.SEND_BUFFER:
        return this.sending.bufferBytes;
      case SocketOption.RECEIVE_BUFFER:
        return this.received.capacityBytes;
      default:
        return -Errno.INVAL;
    }
  }

  override localAddress(): Address | SysResult {
    return this.local;
  }

  override peerAddress(): Address | SysResult {
    const { state } = this;
    const isOver = state === TcpState.CLOSE || state === TcpState.SYN_SENT;
    if (this.peer === undefined || (isOver && this.rules.closedHasNoPeer)) return -Errno.NOTCONN;
    return this.peer;
  }

  override stopQueueing(): SysResult {
    if (this.state !== TcpState.LISTEN) return -Errno.INVAL;
    this.isQueueStopped = true;
    return 0;
  }

  override read(target: Uint8Array, at: number, lengthBytes: number): SysResult {
    return this.recv(target, at, lengthBytes, false);
  }

  override write(source: Uint8Array, at: number, lengthBytes: number): SysResult {
    return this.send(source, at, lengthBytes);
  }

  protected override makeChild(): TcpSocket {
    return new TcpSocket(this.network, this.local.family);
  }
}

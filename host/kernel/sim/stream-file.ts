// What is no socket: a pipe's end, a file. It has a read and a write, and answers NOTSOCK to the rest.

import { Errno } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { OpenFile } from './open-file.ts';

export abstract class StreamFile extends OpenFile {
  readonly isSocket = false;

  override bind(): SysResult {
    return -Errno.NOTSOCK;
  }

  override listen(): SysResult {
    return -Errno.NOTSOCK;
  }

  override connect(): SysResult {
    return -Errno.NOTSOCK;
  }

  override accept(): SysResult {
    return -Errno.NOTSOCK;
  }

  override recv(): SysResult {
    return -Errno.NOTSOCK;
  }

  override send(): SysResult {
    return -Errno.NOTSOCK;
  }

  override shutdown(): SysResult {
    return -Errno.NOTSOCK;
  }

  override takeError(): SysResult {
    return -Errno.NOTSOCK;
  }

  override setOption(): SysResult {
    return -Errno.NOTSOCK;
  }

  override getOption(): SysResult {
    return -Errno.NOTSOCK;
  }

  override localAddress(): SysResult {
    return -Errno.NOTSOCK;
  }

  override peerAddress(): SysResult {
    return -Errno.NOTSOCK;
  }

  override stopQueueing(): SysResult {
    return -Errno.NOTSOCK;
  }
}

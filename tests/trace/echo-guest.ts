// Guests of a few instructions, and imports that answer them, for tests of recordings without a kernel.

import type { ImportObject } from '../../host/trace/signature-table.ts';
import { MODULE_NAME } from '../../host/wasi/signatures.ts';
import { Op, wasm } from '../support/wasm.ts';

/** Where the guest has its list, its buffer and its results. */
export const LIST = 1024;
export const BUFFER = 2048;
export const BUFFER_BYTES = 512;
export const RESULT = 512;
export const FLAGS = 520;

const RECV = 0;
const SEND = 1;
const FD = 5;

const RECV_TYPE = 'i32 i32 i32 i32 i32 i32 -> i32';
const SEND_TYPE = 'i32 i32 i32 i32 i32 -> i32';

/**
 * Receives until it gets nothing or an errno, and sends back each time what it got. With its list of
 * one buffer at {@link LIST}, and the length of the buffer set to what was received before it sends.
 */
export function echoGuest(): Uint8Array {
  const recv = [
    ...Op.store(LIST, Op.i32(BUFFER)),
    ...Op.store(LIST + 4, Op.i32(BUFFER_BYTES)),
    ...[FD, LIST, 1, 0, RESULT, FLAGS].flatMap(Op.i32),
    ...Op.call(RECV),
  ];
  const send = [
    ...Op.store(LIST + 4, Op.load(RESULT)),
    ...[FD, LIST, 1, 0, RESULT].flatMap(Op.i32),
    ...Op.call(SEND),
    ...Op.DROP,
  ];
  // The errno of a recv ends it by a trap of its own: an i32 that is not 0 goes to `unreachable`.
  const endOnErrno = [0x04, 0x40, ...Op.RETURN, 0x0b];
  return wasm({
    imports: [
      [MODULE_NAME, 'sock_recv', RECV_TYPE.replace(' -> ', '->')],
      [MODULE_NAME, 'sock_send', SEND_TYPE.replace(' -> ', '->')],
    ],
    functions: {
      _start: ['->', Op.loopWhile([...recv, ...endOnErrno, ...send, ...Op.load(RESULT)])],
    },
  });
}

/** A host that gives one message at each recv, then none, and takes all that is sent. */
export class EchoHost {
  readonly sent: string[] = [];
  readonly #messages: string[];
  #memory: WebAssembly.Memory | undefined;

  constructor(messages: readonly string[]) {
    this.#messages = [...messages];
  }

  readonly imports: ImportObject = {
    [MODULE_NAME]: {
      sock_recv: (_fd: number, list: number, _count: number, _flags: number, out: number) => {
        const view = this.#view();
        const bytes = Buffer.from(this.#messages.shift() ?? '', 'latin1');
        bytes.copy(this.bytes, view.getUint32(list, true));
        view.setUint32(out, bytes.length, true);
        return 0;
      },
      sock_send: (_fd: number, list: number, _count: number, _flags: number, out: number) => {
        const view = this.#view();
        const pointer = view.getUint32(list, true);
        const lengthBytes = view.getUint32(list + 4, true);
        const bytes = this.bytes.subarray(pointer, pointer + lengthBytes);
        this.sent.push(Buffer.from(bytes).toString('latin1'));
        view.setUint32(out, lengthBytes, true);
        return 0;
      },
    },
  };

  use(instance: WebAssembly.Instance): void {
    this.#memory = instance.exports['memory'] as WebAssembly.Memory;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#view().buffer);
  }

  #view(): DataView {
    if (this.#memory === undefined) throw new Error('use() comes first');
    return new DataView(this.#memory.buffer);
  }
}

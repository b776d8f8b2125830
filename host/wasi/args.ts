// args_* and environ_*: lists of text, given as offsets and one block of zero-ended strings.

import { Errno } from '../base/errno.ts';
import type { SysResult } from '../base/sys-result.ts';
import type { Functions } from './functions.ts';
import type { Sandbox } from './sandbox.ts';

export function argsFunctions(sandbox: Sandbox): Functions {
  const args = new TextList(sandbox, sandbox.args);
  const environ = new TextList(sandbox, sandbox.environ);
  return {
    args_sizes_get: (countOut: number, bytesOut: number) => args.sizes(countOut, bytesOut),
    args_get: (pointersOut: number, textOut: number) => args.write(pointersOut, textOut),
    environ_sizes_get: (countOut: number, bytesOut: number) => environ.sizes(countOut, bytesOut),
    environ_get: (pointersOut: number, textOut: number) => environ.write(pointersOut, textOut),
  };
}

class TextList {
  readonly #sandbox: Sandbox;
  readonly #texts: readonly Uint8Array[];
  readonly #bytes: number;

  constructor(sandbox: Sandbox, texts: readonly string[]) {
    this.#sandbox = sandbox;
    this.#texts = texts.map((text) => new TextEncoder().encode(`${text}\0`));
    this.#bytes = this.#texts.reduce((sum, text) => sum + text.length, 0);
  }

  sizes(countOut: number, bytesOut: number): SysResult {
    const memory = this.#sandbox.memory;
    if (!memory.holds(countOut, 4) || !memory.holds(bytesOut, 4)) return -Errno.FAULT;
    memory.setUint32(countOut, this.#texts.length);
    memory.setUint32(bytesOut, this.#bytes);
    return 0;
  }

  write(pointersOut: number, textOut: number): SysResult {
    const memory = this.#sandbox.memory;
    if (!memory.holds(pointersOut, this.#texts.length * 4)) return -Errno.FAULT;
    if (!memory.holds(textOut, this.#bytes)) return -Errno.FAULT;
    let at = textOut;
    this.#texts.forEach((text, index) => {
      memory.setUint32(pointersOut + index * 4, at);
      memory.bytes.set(text, at);
      at += text.length;
    });
    return 0;
  }
}

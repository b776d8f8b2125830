// Assembles the import object from the table of signatures and the functions of each family.

import { assert } from '../base/assert.ts';
import { Errno } from '../base/errno.ts';
import { absentFunctions } from './absent.ts';
import { argsFunctions } from './args.ts';
import { clockFunctions } from './clock.ts';
import { Outcome } from './control-block.ts';
import { fdFunctions } from './fd.ts';
import type { Functions, ImportFunction } from './functions.ts';
import { GuestExit } from './guest-exit.ts';
import { ioFunctions } from './io.ts';
import { pollFunctions } from './poll.ts';
import { processFunctions } from './process.ts';
import { randomFunctions } from './random.ts';
import type { Sandbox } from './sandbox.ts';
import { MODULE_NAME, type Signature, SIGNATURES } from './signatures.ts';
import { socketFunctions } from './sockets.ts';
import { Transfer } from './transfer.ts';

/** What `WebAssembly.Instance` takes: every function of preview1, standing on `sandbox`. */
export function makeImports(sandbox: Sandbox): Record<string, Record<string, ImportFunction>> {
  const transfer = new Transfer(sandbox);
  const functions: Functions = {
    ...absentFunctions(sandbox),
    ...argsFunctions(sandbox),
    ...clockFunctions(sandbox),
    ...fdFunctions(sandbox),
    ...ioFunctions(sandbox, transfer),
    ...pollFunctions(sandbox),
    ...processFunctions(sandbox),
    ...randomFunctions(sandbox),
    ...socketFunctions(sandbox, transfer),
  };
  const imports: Record<string, ImportFunction> = {};
  for (const signature of SIGNATURES) {
    const body = functions[signature.name];
    assert(body !== undefined, `${signature.name} has no function`);
    imports[signature.name] = makeImport(sandbox, signature, body);
  }
  return { [MODULE_NAME]: imports };
}

/**
 * What the guest calls: arguments made unsigned (an i32 of all ones reaches JavaScript as -1), the
 * supervisor's word heard first, and the guest marked as dead before anything is thrown through
 * it, since its `catch_all` catches what a host throws.
 */
function makeImport(sandbox: Sandbox, signature: Signature, body: ImportFunction): ImportFunction {
  const isNarrow = signature.parameters.every(({ type }) => type === 'i32');
  assert(
    !isNarrow || signature.parameters.length <= 7,
    `${signature.name} has too many parameters`,
  );
  // One shape for all of up to seven i32: what a function does not declare is 0, and ignored.
  const narrow: ImportFunction = (a, b, c, d, e, f, g) => {
    try {
      sandbox.enter();
      const result = body(a >>> 0, b >>> 0, c >>> 0, d >>> 0, e >>> 0, f >>> 0, g >>> 0);
      if (result === -Errno.FAULT) answerBadPointer(sandbox, signature);
      return 0 - result;
    } catch (error) {
      throw ended(sandbox, error);
    }
  };
  const wide: ImportFunction = (...parameters) => {
    try {
      sandbox.enter();
      const result = body(...parameters.map(unsigned));
      if (result === -Errno.FAULT) answerBadPointer(sandbox, signature);
      return 0 - result;
    } catch (error) {
      throw ended(sandbox, error);
    }
  };
  return isNarrow ? narrow : wide;
}

/** @throws RuntimeError where a bad pointer is to trap; the call has had no effect. */
function answerBadPointer(sandbox: Sandbox, { name }: Signature): void {
  if (!sandbox.trapsOnBadPointer) return;
  throw new WebAssembly.RuntimeError(`${name} was given a pointer that leaves the memory`);
}

/** Marks the guest as dead. An error that no import throws on purpose is a bug of ours. */
function ended(sandbox: Sandbox, error: unknown): unknown {
  // A guest that recurses without end may run out of stack inside an import as well as outside.
  const isTrap = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
  if (isTrap) sandbox.end(Outcome.TRAPPED, 0);
  else if (!(error instanceof GuestExit)) sandbox.end(Outcome.FAILED, 0);
  return error;
}

function unsigned(value: number | bigint): number | bigint {
  return typeof value === 'bigint' ? BigInt.asUintN(64, value) : value >>> 0;
}

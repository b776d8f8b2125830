// Assembles the import object from the table of signatures and the functions of each family.

import { assert } from '../base/assert.ts';
import { absentFunctions } from './absent.ts';
import { argsFunctions } from './args.ts';
import { clockFunctions } from './clock.ts';
import { connectFunctions } from './dialects/wasmedge.ts';
import { optionFunctions } from './dialects/wasmedge-options.ts';
import { epollFunctions } from './dialects/wasix-epoll.ts';
import { WASIX_MODULE_NAME } from './dialects/wasix-signatures.ts';
import { fdFunctions } from './fd.ts';
import type { Functions, ImportFunction } from './functions.ts';
import { HOT_IMPORTS } from './hot-imports.ts';
import { ImportCall } from './import-call.ts';
import { IMPORT_TABLES } from './import-tables.ts';
import { ioFunctions } from './io.ts';
import { type PlainMessages, plainMessages } from './plain-messages.ts';
import { pollFunctions } from './poll.ts';
import { processFunctions } from './process.ts';
import { randomFunctions } from './random.ts';
import type { Sandbox } from './sandbox.ts';
import type { Signature } from './signature.ts';
import { MODULE_NAME } from './signatures.ts';
import { socketFunctions } from './sockets.ts';
import { Transfer } from './transfer.ts';

/** What `WebAssembly.Instance` takes: every function of the tables, standing on `sandbox`. */
export function makeImports(sandbox: Sandbox): Record<string, Record<string, ImportFunction>> {
  const transfer = new Transfer(sandbox);
  const preview1: Functions = {
    ...absentFunctions(sandbox),
    ...argsFunctions(sandbox),
    ...clockFunctions(sandbox),
    ...connectFunctions(sandbox),
    ...fdFunctions(sandbox),
    ...ioFunctions(sandbox, transfer),
    ...optionFunctions(sandbox),
    ...pollFunctions(sandbox),
    ...processFunctions(sandbox),
    ...randomFunctions(sandbox),
    ...socketFunctions(sandbox, transfer),
  };
  const bodies: Readonly<Record<string, Functions>> = {
    [MODULE_NAME]: preview1,
    [WASIX_MODULE_NAME]: epollFunctions(sandbox),
  };
  const plain = plainMessages(sandbox);
  const imports: Record<string, Record<string, ImportFunction>> = {};
  for (const [module, signatures] of Object.entries(IMPORT_TABLES)) {
    imports[module] = {};
    for (const signature of signatures) {
      const body = bodies[module]?.[signature.name];
      assert(body !== undefined, `${module}.${signature.name} has no function`);
      imports[module][signature.name] = makeImport({ sandbox, signature, body, plain });
    }
  }
  return imports;
}

interface ImportParts {
  readonly sandbox: Sandbox;
  readonly signature: Signature;
  readonly body: ImportFunction;
  readonly plain: PlainMessages;
}

/**
 * What the guest calls: arguments made unsigned (an i32 of all ones reaches JavaScript as -1), and
 * the body between the steps of an {@link ImportCall}.
 */
function makeImport({ sandbox, signature, body, plain }: ImportParts): ImportFunction {
  const { name, parameters } = signature;
  const call = new ImportCall(sandbox, name);
  const isNarrow = parameters.every(({ type }) => type === 'i32');
  assert(!isNarrow || parameters.length <= 7, `${name} has too many parameters`);
  // One shape for all of up to seven i32: what a function does not declare is 0, and ignored.
  const narrow: ImportFunction = (a, b, c, d, e, f, g) => {
    try {
      call.begin();
      return call.answer(body(a >>> 0, b >>> 0, c >>> 0, d >>> 0, e >>> 0, f >>> 0, g >>> 0));
    } catch (error) {
      throw call.end(error);
    }
  };
  const wide: ImportFunction = (...wideParameters) => {
    try {
      call.begin();
      return call.answer(body(...wideParameters.map(unsigned)));
    } catch (error) {
      throw call.end(error);
    }
  };
  return HOT_IMPORTS.get(name)?.(call, body, plain) ?? (isNarrow ? narrow : wide);
}

function unsigned(value: number | bigint): number | bigint {
  return typeof value === 'bigint' ? BigInt.asUintN(64, value) : value >>> 0;
}

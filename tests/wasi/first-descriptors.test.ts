// Which descriptors a guest begins with: standard streams are 0 to 2, listeners follow from 3 on in
// their order, and nothing else is open. Told by guests, which end with what they were answered.

import * as assert from 'uvu/assert';
import { errnoName } from '../../host/base/errno.ts';
import type { Address, Family } from '../../host/kernel/address.ts';
import type { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import { runGuest } from '../../host/runtime/instance.ts';
import { ControlBlock } from '../../host/wasi/control-block.ts';
import { makeNativeKernel } from '../contract/native-peers.ts';
import type { Peers } from '../contract/peers.ts';
import { suite } from '../support/suite.ts';
import { Op, wasm } from '../support/wasm.ts';

const test = suite('the first descriptors');

const MODULE = 'wasi_snapshot_preview1';
const SUCCESS = 0;
/** Where the guest has its `fdstat`, whose first byte is the file type. */
const FDSTAT = 64;
/** `i32.mul`. */
const MULTIPLY = 0x6c;

/** What a guest calls with a descriptor, to end with 256 times the errno plus the file type. */
const TELL = [FDSTAT, 'fd_fdstat_get', 'i32 i32 -> i32'] as const;
const CLOSE = [undefined, 'fd_close', 'i32 -> i32'] as const;

function guest(fd: number, [out, name, type]: typeof TELL | typeof CLOSE): Uint8Array {
  const call = [...Op.i32(fd), ...(out === undefined ? [] : Op.i32(out)), ...Op.call(0)];
  return wasm({
    imports: [
      [MODULE, name, type],
      [MODULE, 'proc_exit', 'i32 ->'],
    ],
    functions: {
      _start: [
        '->',
        [...call, ...Op.i32(256), MULTIPLY, ...Op.load(FDSTAT), ...Op.ADD, ...Op.call(1)],
      ],
    },
  });
}

interface Scene {
  readonly peers: Peers;
  /** Of the listeners, in the order in which the guest is given them. */
  readonly addresses: readonly Address[];
  /** Runs a guest. @returns its errno, and the file type */
  readonly run: (module: Uint8Array) => { errno: string; fileType: number };
}

function withGuest(body: (scene: Scene) => void): () => void {
  return () => {
    const { kernel, peers, wakeDescriptor } = makeNativeKernel(['pipe', 'file', 'null']);
    try {
      const given = (['ipv4', 'unix'] as const).map((family) => listen(kernel, peers, family));
      const run: Scene['run'] = (module) => {
        const control = new ControlBlock();
        runGuest(
          {
            module: new WebAssembly.Module(module),
            entry: 'command',
            control: control.buffer,
            wakeDescriptor,
            batching: true,
            ioUring: true,
            listeners: given.map(({ descriptor }) => descriptor),
            stdio: [0, 1, 2],
            args: [],
            environ: [],
            fdCountMax: 100,
            trapsOnBadPointer: false,
            v8Flags: [],
            connections: [],
            connectRules: [],
            listenerFlags: 0,
          },
          kernel,
          () => {},
        );
        return { errno: errnoName(control.exitCode >> 8), fileType: control.exitCode & 255 };
      };
      body({ peers, addresses: given.map(({ address }) => address), run });
    } finally {
      kernel.destroy();
      peers.close();
    }
  };
}

/** As the supervisor does: the guest's kernel gets a descriptor of the process. */
function listen(
  kernel: NativeKernel,
  peers: Peers,
  family: Family,
): { address: Address; descriptor: number } {
  const handle = kernel.open(family);
  assert.is(kernel.bind(handle, peers.freeAddress(family)), SUCCESS);
  assert.is(kernel.listen(handle, 4), SUCCESS);
  const address = kernel.localAddress(handle) as Address;
  return { address, descriptor: kernel.release(handle) };
}

for (const [fd, errno, fileType] of [
  [0, 'SUCCESS', 0],
  [1, 'SUCCESS', 4],
  [2, 'SUCCESS', 2],
  [3, 'SUCCESS', 6],
  [4, 'SUCCESS', 6],
  [5, 'BADF', 0],
] as const) {
  test(
    `${fd} is ${errno}, of the file type ${fileType}`,
    withGuest(({ run }) => assert.equal(run(guest(fd, TELL)), { errno, fileType })),
  );
}

for (const [fd, closed] of [
  [3, 0],
  [4, 1],
] as const) {
  test(
    `${fd} is listener ${closed + 1} of 2`,
    withGuest(({ peers, addresses, run }) => {
      assert.is(run(guest(fd, CLOSE)).errno, 'SUCCESS');
      const isOpen = addresses.map((address) => peers.connect(address).isConnected());
      assert.equal(
        isOpen,
        [0, 1].map((index) => index !== closed),
      );
    }),
  );
}

test.run();

// The descriptors that a guest finds when it begins: standard streams, listeners, and connections,
// which have to be brought about before.

import { Errno, errnoName } from '../../base/errno.ts';
import type { SysResult } from '../../base/sys-result.ts';
import { type Address, formatAddress } from '../../kernel/address.ts';
import { FileType, type Handle, Readiness } from '../../kernel/kernel.ts';
import { FewList } from '../../kernel/ready-list.ts';
import type { SimKernel } from '../../kernel/sim/sim-kernel.ts';
import { Descriptor, type DescriptorTable, Kind } from '../../wasi/descriptors.ts';
import { FdFlags } from '../../wasi/layout.ts';
import { type Buffers, setBuffers } from './buffers.ts';
import { type SimListener, type SimulateOptions, usage } from './options.ts';
import { SimulationError } from './simulation-error.ts';

const BACKLOG = 4096;

export class Preopened {
  readonly #kernel: SimKernel;
  readonly #table: DescriptorTable;
  readonly #buffers: Buffers;
  readonly #addresses: readonly Address[];
  /** Those of the addresses, on their way; undefined before the first was asked for. */
  #handles: readonly Handle[] | undefined;
  #connectedCount = 0;

  /** @param addresses to which the guest is to be connected. */
  constructor(
    kernel: SimKernel,
    table: DescriptorTable,
    addresses: readonly Address[],
    buffers: Buffers,
  ) {
    this.#kernel = kernel;
    this.#table = table;
    this.#addresses = addresses;
    this.#buffers = buffers;
  }

  openStdio(): void {
    for (let index = 0; index < 3; index++) {
      const handle = must(this.#kernel.openStdio(index), `standard stream ${index}`);
      this.#add(handle, Kind.STDIO, FileType.REGULAR_FILE, 0);
    }
  }

  /** @throws SimulationError `USAGE` for an address that can not be listened at. */
  openListeners(listeners: readonly SimListener[], options: SimulateOptions): void {
    const flags = options.nonBlockingListeners === true ? FdFlags.NONBLOCK : 0;
    for (const { name, address } of listeners) {
      const handle = this.#openSocket(address, name);
      must(this.#kernel.bind(handle, address), `${name}, ${formatAddress(address)}`);
      must(this.#kernel.listen(handle, options.backlog ?? BACKLOG), name);
      this.#add(handle, Kind.LISTENER, FileType.SOCKET_STREAM, flags);
    }
  }

  /**
   * Brings the connections about; the guest gets them when they stand.
   *
   * @param timeoutNs how long to wait for each: 0, or Infinity.
   * @returns true when all stand. @throws SimulationError `CANNOT_CONNECT`
   */
  connect(timeoutNs: number): boolean {
    this.#handles ??= this.#addresses.map((address) => this.#startConnecting(address));
    const few = new FewList();
    for (; this.#connectedCount < this.#handles.length; this.#connectedCount++) {
      const handle = this.#handles[this.#connectedCount] as Handle;
      few.clear();
      few.add(handle, Readiness.WRITE);
      if (this.#kernel.waitFew(few, timeoutNs) <= 0) return false;
      const error = this.#kernel.takeError(handle);
      if (error !== 0) throw failed(this.#addresses[this.#connectedCount] as Address, error);
      const fileType = FileType.SOCKET_STREAM;
      const options = { handle, kind: Kind.STREAM, fileType, flags: 0, isOutgoing: true };
      this.#table.add(new Descriptor(options));
    }
    return true;
  }

  #startConnecting(address: Address): Handle {
    const handle = this.#openSocket(address, formatAddress(address));
    const result = this.#kernel.connect(handle, address);
    if (result < 0 && result !== -Errno.INPROGRESS) throw failed(address, -result);
    return handle;
  }

  #openSocket(address: Address, name: string): Handle {
    const handle = must(this.#kernel.open(address.family), name);
    const file = this.#kernel.openFiles().get(handle);
    if (file !== undefined && address.family !== 'unix') setBuffers(file, this.#buffers);
    return handle;
  }

  #add(handle: Handle, kind: Kind, fileType: FileType, flags: number): void {
    this.#table.add(new Descriptor({ handle, kind, fileType, flags }));
  }
}

function must(result: SysResult, what: string): number {
  if (result < 0) throw usage(`${what} can not be opened: ${errnoName(-result)}`);
  return result;
}

function failed(address: Address, errno: number): SimulationError {
  const text = formatAddress(address);
  return new SimulationError(
    'CANNOT_CONNECT',
    `the guest can not be connected to ${text}: ${errnoName(errno)}; call world.listen('${text}') before it first runs`,
  );
}

// What a function of an import table is: its parameters, what each of them is, what a call writes and
// what it takes out of the guest. The tables themselves are in signatures.ts and dialects/.

/** Flags by the names that preview1 and WASIX give their bits; see {@link FLAG_NAMES}. */
export type FlagsKind =
  | 'epoll_type'
  | 'fdflags'
  | 'fstflags'
  | 'lookupflags'
  | 'oflags'
  | 'riflags'
  | 'rights'
  | 'sdflags'
  | 'siflags';

/** Numbers and pointers of WasmEdge's sockets; `address` is one to a buffer and its length. */
export type SocketKind = 'family' | 'socktype' | 'sockoption' | 'address' | 'port';

/**
 * What a parameter is. `out` is a pointer that results are written to, `epoll_event` one to a
 * structure of this name.
 */
export type ParameterKind =
  | 'fd'
  | 'pointer'
  | 'length'
  | 'count'
  | 'clock'
  | 'number'
  | 'out'
  | 'epoll_op'
  | 'epoll_event'
  | FlagsKind
  | SocketKind;

export interface Parameter {
  readonly name: string;
  readonly type: 'i32' | 'i64';
  readonly kind: ParameterKind;
}

/**
 * A place that a call which answered SUCCESS wrote; one that answered an errno wrote nothing. Numbers
 * are indexes of parameters, but for those that are bytes.
 *
 * - `value`: a result of fixed size.
 * - `array`: elements, as many as the call wrote to `written`; there is room for `room` of them.
 * - `sized`: as many bytes as the call wrote to `written`, where it found how many there is room for;
 *   never more than `bytesMax`.
 * - `vectors`: the buffers of an iovec list, in its order, as far as `written` says.
 * - `buffer`: all of it.
 * - `texts`: pointers, and the text that they point to; how much the call does not say.
 */
export type Output =
  | { readonly kind: 'value'; readonly pointer: number; readonly lengthBytes: number }
  | {
      readonly kind: 'array';
      readonly pointer: number;
      readonly room: number;
      readonly written: number;
      readonly elementBytes: number;
    }
  | Sized
  | Vectors
  | { readonly kind: 'buffer'; readonly pointer: number; readonly length: number }
  | { readonly kind: 'texts'; readonly pointers: number; readonly text: number };

export interface Sized {
  readonly kind: 'sized';
  readonly pointer: number;
  readonly written: number;
  readonly bytesMax: number;
}

/** An iovec list, and where the call writes how many bytes it moved. */
export interface Vectors {
  readonly kind: 'vectors';
  readonly list: number;
  readonly count: number;
  readonly written: number;
}

export interface Signature {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** `errno` for all but proc_exit, which does not return. */
  readonly result: 'errno' | 'none';
  /** What a call that answered SUCCESS wrote; regions.ts finds it. */
  readonly outputs: readonly Output[];
  /** The bytes that a call which answered SUCCESS took out of the guest. */
  readonly sent?: Vectors;
}

/** A result of `lengthBytes` at the parameter of this index. */
export const value = (pointer: number, lengthBytes: number): Output => ({
  kind: 'value',
  pointer,
  lengthBytes,
});

/** The bytes and their size, in and out, are parameters of these indexes. */
export const sized = (pointer: number, written: number, bytesMax: number): Sized => ({
  kind: 'sized',
  ...{ pointer, written, bytesMax },
});

/** The list, its count and the bytes moved are parameters of these indexes. */
export const vectors = (list: number, count: number, written: number): Vectors => ({
  kind: 'vectors',
  ...{ list, count, written },
});

/**
 * One function. Parameters are written `name:kind`, and `name:kind:i64` for the wide ones.
 */
export function define(
  name: string,
  parameters: string,
  outputs: readonly Output[] = [],
  sent?: Vectors,
): Signature {
  return {
    name,
    parameters: parameters.split(' ').filter(Boolean).map(parseParameter),
    result: name === 'proc_exit' ? 'none' : 'errno',
    outputs,
    ...(sent === undefined ? {} : { sent }),
  };
}

function parseParameter(text: string): Parameter {
  const [name = '', kind = 'number', type = 'i32'] = text.split(':');
  return { name, kind: kind as ParameterKind, type: type as Parameter['type'] };
}

/** The names of the bits, the lowest first. */
export const FLAG_NAMES: Readonly<Record<FlagsKind, readonly string[]>> = {
  epoll_type: ['IN', 'OUT', 'RDHUP', 'PRI', 'ERR', 'HUP', 'ET', 'ONESHOT'],
  fdflags: ['APPEND', 'DSYNC', 'NONBLOCK', 'RSYNC', 'SYNC'],
  fstflags: ['ATIM', 'ATIM_NOW', 'MTIM', 'MTIM_NOW'],
  lookupflags: ['SYMLINK_FOLLOW'],
  oflags: ['CREAT', 'DIRECTORY', 'EXCL', 'TRUNC'],
  riflags: ['RECV_PEEK', 'RECV_WAITALL'],
  rights: [
    ...['FD_DATASYNC', 'FD_READ', 'FD_SEEK', 'FD_FDSTAT_SET_FLAGS', 'FD_SYNC', 'FD_TELL'],
    ...['FD_WRITE', 'FD_ADVISE', 'FD_ALLOCATE', 'PATH_CREATE_DIRECTORY', 'PATH_CREATE_FILE'],
    ...['PATH_LINK_SOURCE', 'PATH_LINK_TARGET', 'PATH_OPEN', 'FD_READDIR', 'PATH_READLINK'],
    ...['PATH_RENAME_SOURCE', 'PATH_RENAME_TARGET', 'PATH_FILESTAT_GET'],
    ...['PATH_FILESTAT_SET_SIZE', 'PATH_FILESTAT_SET_TIMES', 'FD_FILESTAT_GET'],
    ...['FD_FILESTAT_SET_SIZE', 'FD_FILESTAT_SET_TIMES', 'PATH_SYMLINK', 'PATH_REMOVE_DIRECTORY'],
    ...['PATH_UNLINK_FILE', 'POLL_FD_READWRITE', 'SOCK_SHUTDOWN', 'SOCK_ACCEPT'],
  ],
  sdflags: ['RD', 'WR'],
  siflags: [],
};

// The one table of preview1's functions: names, parameters, what each parameter is, and which
// regions of memory a call wrote. The import object is made from it, modules are checked against
// it, and whatever looks at calls from outside (a trace, a recording) reads it.
//
// Source: WebAssembly/WASI, wasi-0.1, preview1/docs.md; the witx gives the order of parameters.

import { Event, Fdstat, Filestat, Iovec, Prestat } from './layout.ts';

export const MODULE_NAME = 'wasi_snapshot_preview1';

/** What a parameter is. `out` is a pointer that results are written to. */
export type ParameterKind =
  'fd' | 'pointer' | 'length' | 'count' | 'flags' | 'clock' | 'number' | 'out';

export interface Parameter {
  readonly name: string;
  readonly type: 'i32' | 'i64';
  readonly kind: ParameterKind;
}

/** Bytes of the guest's memory. */
export interface Region {
  readonly pointer: number;
  readonly lengthBytes: number;
}

export interface Signature {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** `errno` for all but proc_exit, which does not return. */
  readonly result: 'errno' | 'none';
  /**
   * The regions that a call which answered SUCCESS wrote. A call that answered an errno wrote none.
   *
   * @param parameters as the call got them, i32 unsigned.
   * @param memory the guest's, as it is after the call.
   */
  readonly writes: (parameters: readonly number[], memory: DataView) => Region[];
}

type Writes = Signature['writes'];

const nothing: Writes = () => [];

/** A result of fixed size behind each of these parameters. */
function fixed(...results: readonly (readonly [parameter: number, lengthBytes: number])[]): Writes {
  return (parameters) =>
    results.map(([parameter, lengthBytes]) => ({
      pointer: at(parameters, parameter),
      lengthBytes,
    }));
}

/** The buffers of an iovec list, as far as the count that the call wrote says, and more results. */
function received(options: { iovs: number; count: number }, more: Writes): Writes {
  return (parameters, memory) => {
    const regions = more(parameters, memory);
    let leftBytes = memory.getUint32(at(parameters, options.count), true);
    for (let iovec = at(parameters, options.iovs); leftBytes > 0; iovec += Iovec.BYTES) {
      const lengthBytes = Math.min(leftBytes, memory.getUint32(iovec + Iovec.LEN, true));
      regions.push({ pointer: memory.getUint32(iovec + Iovec.BUF, true), lengthBytes });
      leftBytes -= lengthBytes;
    }
    return regions;
  };
}

/** args_get and environ_get: the pointers, then the text, which ends with the last zero byte. */
const textList: Writes = ([pointers = 0, text = 0], memory) => {
  let count = 0;
  let end = text;
  while (
    count * 4 + pointers + 4 <= memory.byteLength &&
    memory.getUint32(pointers + count * 4, true) === end
  ) {
    while (memory.getUint8(end) !== 0) end++;
    end++;
    count++;
  }
  return [
    { pointer: pointers, lengthBytes: count * 4 },
    { pointer: text, lengthBytes: end - text },
  ];
};

const polled: Writes = ([, events = 0, , countOut = 0], memory) => [
  { pointer: events, lengthBytes: memory.getUint32(countOut, true) * Event.BYTES },
  { pointer: countOut, lengthBytes: 4 },
];

const filled: Writes = ([pointer = 0, lengthBytes = 0]) => [{ pointer, lengthBytes }];

/**
 * One function. Parameters are written `name:kind`, and `name:kind:i64` for the wide ones.
 */
function define(name: string, parameters: string, writes: Writes = nothing): Signature {
  return {
    name,
    parameters: parameters.split(' ').filter(Boolean).map(parseParameter),
    result: name === 'proc_exit' ? 'none' : 'errno',
    writes,
  };
}

function parseParameter(text: string): Parameter {
  const [name = '', kind = 'number', type = 'i32'] = text.split(':');
  return { name, kind: kind as ParameterKind, type: type as Parameter['type'] };
}

function at(parameters: readonly number[], index: number): number {
  return parameters[index] as number;
}

const path = 'path:pointer path_len:length';

/** All 46 functions, in the order of preview1/docs.md. */
export const SIGNATURES: readonly Signature[] = [
  define('args_get', 'argv:out argv_buf:out', textList),
  define('args_sizes_get', 'argc:out argv_buf_size:out', fixed([0, 4], [1, 4])),
  define('environ_get', 'environ:out environ_buf:out', textList),
  define('environ_sizes_get', 'count:out buf_size:out', fixed([0, 4], [1, 4])),
  define('clock_res_get', 'id:clock resolution:out', fixed([1, 8])),
  define('clock_time_get', 'id:clock precision:number:i64 time:out', fixed([2, 8])),
  define('fd_advise', 'fd:fd offset:number:i64 len:number:i64 advice:number'),
  define('fd_allocate', 'fd:fd offset:number:i64 len:number:i64'),
  define('fd_close', 'fd:fd'),
  define('fd_datasync', 'fd:fd'),
  define('fd_fdstat_get', 'fd:fd stat:out', fixed([1, Fdstat.BYTES])),
  define('fd_fdstat_set_flags', 'fd:fd flags:flags'),
  define('fd_fdstat_set_rights', 'fd:fd base:flags:i64 inheriting:flags:i64'),
  define('fd_filestat_get', 'fd:fd stat:out', fixed([1, Filestat.BYTES])),
  define('fd_filestat_set_size', 'fd:fd size:number:i64'),
  define('fd_filestat_set_times', 'fd:fd atim:number:i64 mtim:number:i64 flags:flags'),
  define(
    'fd_pread',
    'fd:fd iovs:pointer iovs_len:count offset:number:i64 nread:out',
    received({ iovs: 1, count: 4 }, fixed([4, 4])),
  ),
  define('fd_prestat_get', 'fd:fd prestat:out', fixed([1, Prestat.BYTES])),
  define('fd_prestat_dir_name', 'fd:fd path:out path_len:length', ([, pointer = 0, length = 0]) => [
    { pointer, lengthBytes: length },
  ]),
  define(
    'fd_pwrite',
    'fd:fd iovs:pointer iovs_len:count offset:number:i64 nwritten:out',
    fixed([4, 4]),
  ),
  define(
    'fd_read',
    'fd:fd iovs:pointer iovs_len:count nread:out',
    received({ iovs: 1, count: 3 }, fixed([3, 4])),
  ),
  define(
    'fd_readdir',
    'fd:fd buf:out buf_len:length cookie:number:i64 bufused:out',
    (parameters, memory) => [
      { pointer: at(parameters, 1), lengthBytes: memory.getUint32(at(parameters, 4), true) },
      { pointer: at(parameters, 4), lengthBytes: 4 },
    ],
  ),
  define('fd_renumber', 'fd:fd to:fd'),
  define('fd_seek', 'fd:fd offset:number:i64 whence:number newoffset:out', fixed([3, 8])),
  define('fd_sync', 'fd:fd'),
  define('fd_tell', 'fd:fd offset:out', fixed([1, 8])),
  define('fd_write', 'fd:fd iovs:pointer iovs_len:count nwritten:out', fixed([3, 4])),
  define('path_create_directory', `fd:fd ${path}`),
  define('path_filestat_get', `fd:fd flags:flags ${path} stat:out`, fixed([4, Filestat.BYTES])),
  define(
    'path_filestat_set_times',
    `fd:fd flags:flags ${path} atim:number:i64 mtim:number:i64 fst_flags:flags`,
  ),
  define(
    'path_link',
    'old_fd:fd old_flags:flags old_path:pointer old_path_len:length new_fd:fd new_path:pointer new_path_len:length',
  ),
  define(
    'path_open',
    `fd:fd dirflags:flags ${path} oflags:flags rights_base:flags:i64 rights_inheriting:flags:i64 fdflags:flags opened_fd:out`,
    fixed([8, 4]),
  ),
  define(
    'path_readlink',
    `fd:fd ${path} buf:out buf_len:length bufused:out`,
    (parameters, memory) => [
      { pointer: at(parameters, 3), lengthBytes: memory.getUint32(at(parameters, 5), true) },
      { pointer: at(parameters, 5), lengthBytes: 4 },
    ],
  ),
  define('path_remove_directory', `fd:fd ${path}`),
  define('path_rename', `fd:fd ${path} new_fd:fd new_path:pointer new_path_len:length`),
  define(
    'path_symlink',
    `old_path:pointer old_path_len:length fd:fd new_path:pointer new_path_len:length`,
  ),
  define('path_unlink_file', `fd:fd ${path}`),
  define('poll_oneoff', 'in:pointer out:out nsubscriptions:count nevents:out', polled),
  define('proc_exit', 'rval:number'),
  define('proc_raise', 'sig:number'),
  define('sched_yield', ''),
  define('random_get', 'buf:out buf_len:length', filled),
  define('sock_accept', 'fd:fd flags:flags ro_fd:out', fixed([2, 4])),
  define(
    'sock_recv',
    'fd:fd ri_data:pointer ri_data_len:count ri_flags:flags ro_datalen:out ro_flags:out',
    received({ iovs: 1, count: 4 }, fixed([4, 4], [5, 2])),
  ),
  define(
    'sock_send',
    'fd:fd si_data:pointer si_data_len:count si_flags:flags so_datalen:out',
    fixed([4, 4]),
  ),
  define('sock_shutdown', 'fd:fd how:flags'),
];

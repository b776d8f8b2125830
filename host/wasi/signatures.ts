// The table of preview1's functions.
//
// Source: WebAssembly/WASI, wasi-0.1, preview1/docs.md; the witx gives the order of parameters.

import { Event, Fdstat, Filestat, Prestat, TIMESTAMP_BYTES } from './layout.ts';
import { define, type Signature, value, vectors } from './signature.ts';

export const MODULE_NAME = 'wasi_snapshot_preview1';

const path = 'path:pointer path_len:length';

/** All 46 functions, in the order of preview1/docs.md. */
export const SIGNATURES: readonly Signature[] = [
  define('args_get', 'argv:out argv_buf:out', [{ kind: 'texts', pointers: 0, text: 1 }]),
  define('args_sizes_get', 'argc:out argv_buf_size:out', [value(0, 4), value(1, 4)]),
  define('environ_get', 'environ:out environ_buf:out', [{ kind: 'texts', pointers: 0, text: 1 }]),
  define('environ_sizes_get', 'count:out buf_size:out', [value(0, 4), value(1, 4)]),
  define('clock_res_get', 'id:clock resolution:out', [value(1, TIMESTAMP_BYTES)]),
  define('clock_time_get', 'id:clock precision:number:i64 time:out', [value(2, TIMESTAMP_BYTES)]),
  define('fd_advise', 'fd:fd offset:number:i64 len:number:i64 advice:number'),
  define('fd_allocate', 'fd:fd offset:number:i64 len:number:i64'),
  define('fd_close', 'fd:fd'),
  define('fd_datasync', 'fd:fd'),
  define('fd_fdstat_get', 'fd:fd stat:out', [value(1, Fdstat.BYTES)]),
  define('fd_fdstat_set_flags', 'fd:fd flags:fdflags'),
  define('fd_fdstat_set_rights', 'fd:fd base:rights:i64 inheriting:rights:i64'),
  define('fd_filestat_get', 'fd:fd stat:out', [value(1, Filestat.BYTES)]),
  define('fd_filestat_set_size', 'fd:fd size:number:i64'),
  define('fd_filestat_set_times', 'fd:fd atim:number:i64 mtim:number:i64 flags:fstflags'),
  define('fd_pread', 'fd:fd iovs:pointer iovs_len:count offset:number:i64 nread:out', [
    value(4, 4),
    vectors(1, 2, 4),
  ]),
  define('fd_prestat_get', 'fd:fd prestat:out', [value(1, Prestat.BYTES)]),
  define('fd_prestat_dir_name', 'fd:fd path:out path_len:length', [
    { kind: 'buffer', pointer: 1, length: 2 },
  ]),
  define(
    'fd_pwrite',
    'fd:fd iovs:pointer iovs_len:count offset:number:i64 nwritten:out',
    [value(4, 4)],
    vectors(1, 2, 4),
  ),
  define('fd_read', 'fd:fd iovs:pointer iovs_len:count nread:out', [value(3, 4), vectors(1, 2, 3)]),
  define('fd_readdir', 'fd:fd buf:out buf_len:length cookie:number:i64 bufused:out', [
    value(4, 4),
    { kind: 'array', pointer: 1, room: 2, written: 4, elementBytes: 1 },
  ]),
  define('fd_renumber', 'fd:fd to:fd'),
  define('fd_seek', 'fd:fd offset:number:i64 whence:number newoffset:out', [value(3, 8)]),
  define('fd_sync', 'fd:fd'),
  define('fd_tell', 'fd:fd offset:out', [value(1, 8)]),
  define(
    'fd_write',
    'fd:fd iovs:pointer iovs_len:count nwritten:out',
    [value(3, 4)],
    vectors(1, 2, 3),
  ),
  define('path_create_directory', `fd:fd ${path}`),
  define('path_filestat_get', `fd:fd flags:lookupflags ${path} stat:out`, [
    value(4, Filestat.BYTES),
  ]),
  define(
    'path_filestat_set_times',
    `fd:fd flags:lookupflags ${path} atim:number:i64 mtim:number:i64 fst_flags:fstflags`,
  ),
  define(
    'path_link',
    'old_fd:fd old_flags:lookupflags old_path:pointer old_path_len:length new_fd:fd new_path:pointer new_path_len:length',
  ),
  define(
    'path_open',
    `fd:fd dirflags:lookupflags ${path} oflags:oflags rights_base:rights:i64 rights_inheriting:rights:i64 fdflags:fdflags opened_fd:out`,
    [value(8, 4)],
  ),
  define('path_readlink', `fd:fd ${path} buf:out buf_len:length bufused:out`, [
    value(5, 4),
    { kind: 'array', pointer: 3, room: 4, written: 5, elementBytes: 1 },
  ]),
  define('path_remove_directory', `fd:fd ${path}`),
  define('path_rename', `fd:fd ${path} new_fd:fd new_path:pointer new_path_len:length`),
  define(
    'path_symlink',
    `old_path:pointer old_path_len:length fd:fd new_path:pointer new_path_len:length`,
  ),
  define('path_unlink_file', `fd:fd ${path}`),
  define('poll_oneoff', 'in:pointer out:out nsubscriptions:count nevents:out', [
    value(3, 4),
    { kind: 'array', pointer: 1, room: 2, written: 3, elementBytes: Event.BYTES },
  ]),
  define('proc_exit', 'rval:number'),
  define('proc_raise', 'sig:number'),
  define('sched_yield', ''),
  define('random_get', 'buf:out buf_len:length', [{ kind: 'buffer', pointer: 0, length: 1 }]),
  define('sock_accept', 'fd:fd flags:fdflags ro_fd:out', [value(2, 4)]),
  define(
    'sock_recv',
    'fd:fd ri_data:pointer ri_data_len:count ri_flags:riflags ro_datalen:out ro_flags:out',
    [value(4, 4), value(5, 2), vectors(1, 2, 4)],
  ),
  define(
    'sock_send',
    'fd:fd si_data:pointer si_data_len:count si_flags:siflags so_datalen:out',
    [value(4, 4)],
    vectors(1, 2, 4),
  ),
  define('sock_shutdown', 'fd:fd how:sdflags'),
];

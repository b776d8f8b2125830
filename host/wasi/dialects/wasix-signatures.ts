// The table of those functions of WASIX that Pollux has.
//
// Source: wasix-org/wasix-libc, libc-bottom-half/sources/__wasixlibc_real.c.

import { define, type Signature, value } from '../signature.ts';
import { EpollEvent } from './wasix-layout.ts';

export const WASIX_MODULE_NAME = 'wasix_32v1';

export const WASIX_SIGNATURES: readonly Signature[] = [
  define('epoll_create', 'epfd:out', [value(0, 4)]),
  define('epoll_ctl', 'epfd:fd op:epoll_op fd:fd event:epoll_event'),
  define('epoll_wait', 'epfd:fd events:out maxevents:count timeout:number:i64 nevents:out', [
    value(4, 4),
    { kind: 'array', pointer: 1, room: 2, written: 4, elementBytes: EpollEvent.BYTES },
  ]),
];

// The table of what WasmEdge adds to preview1's import module, so far as Pollux has it.
//
// Source: WasmEdge, lib/host/wasi/wasimodule.cpp.

import { define, sized, type Signature, value } from '../signature.ts';
import { Linger } from './wasmedge-layout.ts';

export const WASMEDGE_SIGNATURES: readonly Signature[] = [
  define('sock_open', 'family:family type:socktype ro_fd:out', [value(2, 4)]),
  define('sock_connect', 'fd:fd address:address port:port'),
  define('sock_getsockopt', 'fd:fd level:number name:sockoption flag:out flag_size:out', [
    value(4, 4),
    sized(3, 4, Linger.BYTES),
  ]),
  define('sock_setsockopt', 'fd:fd level:number name:sockoption flag:pointer flag_size:length'),
];

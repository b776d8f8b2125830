// The numbers and memory layouts of WASIX's epoll. The bits are not Linux's.
//
// Source: wasix-org/wasix-libc, libc-bottom-half/headers/public/wasi/api_wasix.h.

export const EPOLL_CTL_ADD: i32 = 0;
export const EPOLL_CTL_MOD: i32 = 1;
export const EPOLL_CTL_DEL: i32 = 2;

export const EPOLLIN: u32 = 1;
export const EPOLLOUT: u32 = 2;
export const EPOLLRDHUP: u32 = 4;
export const EPOLLPRI: u32 = 8;
export const EPOLLERR: u32 = 16;
export const EPOLLHUP: u32 = 32;
export const EPOLLET: u32 = 64;
export const EPOLLONESHOT: u32 = 128;

/** What `epoll_ctl` watches for, and what `epoll_wait` reports. 32 bytes. */
@unmanaged
export class EpollEvent {
  events: u32;
  private pad0: u32;
  /** Four words of the caller's, given back with each report: not a union, unlike Linux's. */
  ptr: u32;
  fd: i32;
  data1: u32;
  private pad1: u32;
  data2: u64;
}

if (offsetof<EpollEvent>("ptr") != 8) ERROR("WASIX: epoll_event.data.ptr is at 8");
if (offsetof<EpollEvent>("fd") != 12) ERROR("WASIX: epoll_event.data.fd is at 12");
if (offsetof<EpollEvent>("data1") != 16) ERROR("WASIX: epoll_event.data.data1 is at 16");
if (offsetof<EpollEvent>("data2") != 24) ERROR("WASIX: epoll_event.data.data2 is at 24");
if (offsetof<EpollEvent>() != 32) ERROR("WASIX: an epoll_event is 32 bytes");

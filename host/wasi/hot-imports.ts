// The imports that a busy guest calls for every message and connection. Each is a literal of its own: what V8
// learns of a call it keeps by the literal, and in one that all imports share no body is inlined.

import type { ImportFunction } from './functions.ts';
import type { ImportCall } from './import-call.ts';
import { NOT_PLAIN, type PlainMessages } from './plain-messages.ts';

/** @param body takes everything, and what is not plain. */
type Wrap = (call: ImportCall, body: ImportFunction, plain: PlainMessages) => ImportFunction;

export const HOT_IMPORTS: ReadonlyMap<string, Wrap> = new Map<string, Wrap>([
  [
    'poll_oneoff',
    (call, body) => (listIn, eventsOut, count, countOut) => {
      try {
        call.begin();
        return call.answer(body(listIn >>> 0, eventsOut >>> 0, count >>> 0, countOut >>> 0));
      } catch (error) {
        throw call.end(error);
      }
    },
  ],
  [
    'sock_accept',
    (call, body) => (fd, flags, fdOut) => {
      try {
        call.begin();
        return call.answer(body(fd >>> 0, flags >>> 0, fdOut >>> 0));
      } catch (error) {
        throw call.end(error);
      }
    },
  ],
  [
    'fd_close',
    (call, body) => (fd) => {
      try {
        call.begin();
        return call.answer(body(fd >>> 0));
      } catch (error) {
        throw call.end(error);
      }
    },
  ],
  [
    'epoll_wait',
    (call, body) => (epfd, eventsOut, countMax, timeout, countOut) => {
      try {
        call.begin();
        return call.answer(
          body(
            epfd >>> 0,
            eventsOut >>> 0,
            countMax >>> 0,
            BigInt.asUintN(64, timeout as bigint),
            countOut >>> 0,
          ),
        );
      } catch (error) {
        throw call.end(error);
      }
    },
  ],
  [
    'sock_recv',
    (call, body, plain) =>
      (
        fd: number,
        iovs: number,
        iovsCount: number,
        riFlags: number,
        countOut: number,
        roFlagsOut: number,
      ) => {
        try {
          call.begin();
          if (iovsCount === 1 && riFlags === 0) {
            const result = plain.receive(fd, iovs, countOut, roFlagsOut);
            if (result !== NOT_PLAIN) return call.answer(result);
          }
          return call.answer(
            body(
              fd >>> 0,
              iovs >>> 0,
              iovsCount >>> 0,
              riFlags >>> 0,
              countOut >>> 0,
              roFlagsOut >>> 0,
            ),
          );
        } catch (error) {
          throw call.end(error);
        }
      },
  ],
  [
    'sock_send',
    (call, body, plain) =>
      (fd: number, iovs: number, iovsCount: number, siFlags: number, countOut: number) => {
        try {
          call.begin();
          if (iovsCount === 1 && siFlags === 0) {
            const result = plain.send(fd, iovs, countOut);
            if (result !== NOT_PLAIN) return call.answer(result);
          }
          return call.answer(
            body(fd >>> 0, iovs >>> 0, iovsCount >>> 0, siFlags >>> 0, countOut >>> 0),
          );
        } catch (error) {
          throw call.end(error);
        }
      },
  ],
  [
    'fd_read',
    (call, body, plain) => (fd: number, iovs: number, iovsCount: number, countOut: number) => {
      try {
        call.begin();
        if (iovsCount === 1) {
          const result = plain.receive(fd, iovs, countOut, countOut);
          if (result !== NOT_PLAIN) return call.answer(result);
        }
        return call.answer(body(fd >>> 0, iovs >>> 0, iovsCount >>> 0, countOut >>> 0));
      } catch (error) {
        throw call.end(error);
      }
    },
  ],
  [
    'fd_write',
    (call, body, plain) => (fd: number, iovs: number, iovsCount: number, countOut: number) => {
      try {
        call.begin();
        if (iovsCount === 1) {
          const result = plain.send(fd, iovs, countOut);
          if (result !== NOT_PLAIN) return call.answer(result);
        }
        return call.answer(body(fd >>> 0, iovs >>> 0, iovsCount >>> 0, countOut >>> 0));
      } catch (error) {
        throw call.end(error);
      }
    },
  ],
]);

// How often each interface wakes for the same bytes, which are never read: level-triggered it is
// every time, edge-triggered once, for their arrival.

import { fdClose } from "../abi/wasip1";
import { EPOLLET, EPOLLIN } from "../abi/wasix-layout";
import { addNumber, addNumberTo, addText } from "../lib/line";
import { printLine } from "../lib/stdout";
import { poll, Pollfd, POLLIN } from "../posix/poll";
import { FD_SET, FD_SET_BYTES, FD_ZERO, select } from "../posix/select";
import { Timeval } from "../posix/timeval";
import { checked } from "./checked";
import { openEpollOf, waitOnce } from "./epoll-one";

const COUNT_COLUMN: u32 = 30;
const MS_PER_S: u32 = 1000;
const US_PER_MS: u32 = 1000;
const FOR_EVER_MS: i32 = -1;

const readset: usize = memory.data(FD_SET_BYTES, 4);
const timeval = changetype<Timeval>(memory.data(8, 4));
const pollfd = changetype<Pollfd>(memory.data(8, 4));

/**
 * Waits until `connection` has something to read, leaves it there, and prints for each interface
 * how many of `rounds` waits, each of `waitMs` at most, it woke from.
 */
export function printWakeUps(connection: i32, rounds: u32, waitMs: u32): void {
  pollOnce(connection, FOR_EVER_MS);
  addText("wake-ups of ");
  addNumber(rounds);
  addText(" wait");
  if (rounds != 1) addText("s");
  printLine();
  let wakeUps: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) wakeUps += selectOnce(connection, waitMs);
  addText("select");
  printRow(wakeUps);
  wakeUps = 0;
  for (let i: u32 = 0; i < rounds; i++) wakeUps += pollOnce(connection, waitMs);
  addText("poll");
  printRow(wakeUps);
  addText("epoll, level-triggered");
  printRow(epollWakeUps(connection, EPOLLIN, rounds, waitMs));
  addText("epoll, edge-triggered");
  printRow(epollWakeUps(connection, EPOLLIN | EPOLLET, rounds, waitMs));
}

function selectOnce(fd: i32, waitMs: u32): u32 {
  FD_ZERO(readset);
  FD_SET(fd, readset);
  timeval.tvSec = waitMs / MS_PER_S;
  timeval.tvUsec = (waitMs % MS_PER_S) * US_PER_MS;
  return checked(
    changetype<usize>("select"),
    select(fd + 1, readset, 0, 0, changetype<usize>(timeval)),
  );
}

function pollOnce(fd: i32, waitMs: i32): u32 {
  pollfd.fd = fd;
  pollfd.events = POLLIN;
  return checked(changetype<usize>("poll"), poll(changetype<usize>(pollfd), 1, waitMs));
}

/** With an instance of its own, for which the bytes that wait are news once. */
function epollWakeUps(fd: i32, events: u32, rounds: u32, waitMs: u32): u32 {
  const epfd = openEpollOf(fd, events);
  let wakeUps: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) wakeUps += waitOnce(epfd, waitMs);
  fdClose(epfd);
  return wakeUps;
}

/** Goes on behind the name of the interface. */
function printRow(wakeUps: u32): void {
  addNumberTo(COUNT_COLUMN, wakeUps);
  printLine();
}

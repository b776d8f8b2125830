// What a level-triggered and an edge-triggered server do for the same messages: how often they wake,
// how many calls they make, how long it takes. A message is sent, and the server waits and receives
// until it has all of it, with a buffer that a large message does not fit into.
//
// Level-triggered a server may receive once a wake-up, since what is left wakes it again. Edge-
// triggered it must go on until nothing is left, or it is never woken for the rest: until AGAIN, or,
// on a stream, until fewer bytes came than asked for. Source: epoll(7), questions and answers.

import { clockTimeGet, fdClose } from "../abi/wasip1";
import { AGAIN, CONNABORTED, CLOCKID_MONOTONIC, SUCCESS } from "../abi/wasip1-layout";
import { EPOLLET, EPOLLIN } from "../abi/wasix-layout";
import { addNumber, addNumberTo, addText, addSpacesTo } from "../lib/line";
import { printLine } from "../lib/stdout";
import { recv, send } from "../posix/io";
import { checked } from "./checked";
import { openEpollOf, waitOnce } from "./epoll-one";

const SMALL_BYTES: u32 = 64;
/** Eight buffers, the last of them not full. */
const LARGE_BYTES: u32 = 4000;
const BUFFER_BYTES: i32 = 512;

/** How long a server receives after it woke: once, until it got less than it asked for, or nothing. */
const ONCE: u8 = 0;
const UNTIL_SHORT: u8 = 1;
const UNTIL_AGAIN: u8 = 2;

/** Messages before those that count, so that the first row is not slower: code is compiled by then. */
const WARM_UP_COUNT_MAX: u32 = 1000;

const FOR_EVER_MS: i32 = -1;

const WAKE_UPS_COLUMN: u32 = 43;
const CALLS_COLUMN: u32 = 54;
const TIME_COLUMN: u32 = 68;

/** Between the two ends of a connection that this program holds both of, neither of them blocking. */
const message: usize = memory.data(4000, 8);
const buffer: usize = memory.data(512, 8);
const timeNs: usize = memory.data(8, 8);

let client: i32 = 0;
let server: i32 = 0;
let wakeUps: u32 = 0;
let calls: u32 = 0;

/** Prints a table for `messageCount` messages from `clientFd` to `serverFd`, small ones and large. */
export function printCosts(clientFd: i32, serverFd: i32, messageCount: u32): void {
  client = clientFd;
  server = serverFd;
  addNumber(messageCount);
  addText(" message");
  if (messageCount != 1) addText("s");
  printHeading();
  printSize(SMALL_BYTES, messageCount);
  printSize(LARGE_BYTES, messageCount);
}

/** Goes on behind how many messages there are. */
function printHeading(): void {
  addSpacesTo(WAKE_UPS_COLUMN - 8);
  addText("wake-ups");
  addSpacesTo(CALLS_COLUMN - 5);
  addText("calls");
  addSpacesTo(TIME_COLUMN - 12);
  addText("ns a message");
  printLine();
}

function printSize(messageBytes: u32, messageCount: u32): void {
  printRow(messageBytes, messageCount, EPOLLIN, ONCE);
  printRow(messageBytes, messageCount, EPOLLIN, UNTIL_SHORT);
  printRow(messageBytes, messageCount, EPOLLIN | EPOLLET, UNTIL_AGAIN);
  printRow(messageBytes, messageCount, EPOLLIN | EPOLLET, UNTIL_SHORT);
}

function printRow(messageBytes: u32, messageCount: u32, events: u32, reading: u8): void {
  const epfd = openEpollOf(server, events);
  exchange(epfd, min(messageCount, WARM_UP_COUNT_MAX), messageBytes, reading);
  wakeUps = 0;
  calls = 0;
  const startNs = nowNs();
  exchange(epfd, messageCount, messageBytes, reading);
  const tookNs = nowNs() - startNs;
  fdClose(epfd);
  addNumber(messageBytes);
  if ((events & EPOLLET) != 0) addText(" bytes, edge, ");
  else addText(" bytes, level, ");
  if (reading == ONCE) addText("one receive");
  else if (reading == UNTIL_SHORT) addText("until short");
  else addText("until AGAIN");
  addNumberTo(WAKE_UPS_COLUMN, wakeUps);
  addNumberTo(CALLS_COLUMN, calls);
  addNumberTo(TIME_COLUMN, <u32>min(tookNs / messageCount, u32.MAX_VALUE));
  printLine();
}

function exchange(epfd: i32, messageCount: u32, messageBytes: u32, reading: u8): void {
  for (let i: u32 = 0; i < messageCount; i++) {
    const sentBytes = <u32>checked(changetype<usize>("send"), send(client, message, messageBytes));
    let receivedBytes: u32 = 0;
    while (receivedBytes < sentBytes) {
      wakeUps += waitOnce(epfd, FOR_EVER_MS);
      calls++;
      receivedBytes += receive(reading);
    }
  }
}

/** What a server does after it woke. @returns how many bytes came. */
function receive(reading: u8): u32 {
  let totalBytes: u32 = 0;
  let receivedBytes: i32;
  do {
    receivedBytes = recv(server, buffer, BUFFER_BYTES);
    calls++;
    if (receivedBytes == -(<i32>AGAIN)) break;
    // The other end is ours and stays open.
    if (receivedBytes == 0) receivedBytes = -(<i32>CONNABORTED);
    totalBytes += checked(changetype<usize>("recv"), receivedBytes);
  } while (reading == UNTIL_AGAIN || (reading == UNTIL_SHORT && receivedBytes == BUFFER_BYTES));
  return totalBytes;
}

function nowNs(): u64 {
  const errno = clockTimeGet(CLOCKID_MONOTONIC, 0, timeNs);
  checked(changetype<usize>("clock_time_get"), errno == SUCCESS ? 0 : -(<i32>errno));
  return load<u64>(timeNs);
}

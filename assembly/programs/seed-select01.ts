// The seed's `select01`, a client: what is typed goes to the server, what the server sends is
// printed. As it is written there, with its bugs, which docs/course/bugs.md tells one by one. Not a
// program to use, and not in the npm package: ours is stdin-client.
//
//     node dist/cli.cjs run build/seed-select01.wasm --connect tcp:127.0.0.1:43211

import {
  errno,
  error,
  fgets,
  print,
  printAt,
  printNumber,
  read,
  STDIN_FILENO,
  strlen,
  tcpClient,
  write,
} from "../seed/common";
import { FD_ISSET, FD_SET, FD_SET_BYTES, FD_ZERO, select } from "../posix/select";

const MAXLINE: i32 = 4096;
const NEWLINE: u8 = 10;

// The variables of main, in the order in which clang lays them out for wasm32 without optimising:
//
//   | send_line 4,096 | recv_line 4,096 | socket_fd |
const sendLine: usize = memory.data(8196, 8);
const recvLine: usize = sendLine + MAXLINE;
const socketFdAt: usize = recvLine + MAXLINE;

const readmask: usize = memory.data(128, 8);
const allreads: usize = memory.data(128, 8);

store<i32>(socketFdAt, tcpClient());
FD_ZERO(allreads);
FD_SET(STDIN_FILENO, allreads);
FD_SET(load<i32>(socketFdAt), allreads);

for (;;) {
  memory.copy(readmask, allreads, FD_SET_BYTES);
  const rc = select(load<i32>(socketFdAt) + 1, readmask, 0, 0, 0);
  // BUG client-select-eintr: a signal that was handled ends the client.
  if (rc <= 0) error(1, <u16>-rc, "select failed");

  if (FD_ISSET(load<i32>(socketFdAt), readmask)) {
    const n = read(load<i32>(socketFdAt), recvLine, MAXLINE);
    if (n < 0) {
      error(1, errno, "read error");
    } else if (n == 0) {
      // BUG client-eof-is-error: the regular end of a conversation has the exit code of a failure.
      error(1, 0, "server terminated \n");
    }
    // BUG client-recv-line-overflow: with n == MAXLINE the zero lands behind the array, here in
    // socket_fd.
    store<u8>(recvLine + n, 0);
    // BUG client-nul-cuts: fputs stops at the first zero byte that the server sent.
    printAt(recvLine);
    // BUG client-newline-added: one for each read, wherever TCP happened to cut.
    print("\n");
  }

  if (FD_ISSET(STDIN_FILENO, readmask)) {
    // BUG client-fgets-buffers: fgets takes all that is there and returns one line. The others wait
    // in its buffer, of which select knows nothing.
    // BUG client-eof-spins: at the end of input fgets returns NULL, which nobody heeds, and stdin
    // stays readable.
    // BUG client-no-half-close: nor does the server learn that there is no more.
    if (fgets(sendLine, MAXLINE)) {
      const i = strlen(sendLine);
      // BUG client-empty-string: a line that begins with a zero byte has length 0: send_line[-1].
      if (load<u8>(sendLine + i - 1) == NEWLINE) {
        // BUG client-newline-stripped: the server never gets a line's end; the seed's own select
        // server answers only then.
        store<u8>(sendLine + i - 1, 0);
      }

      print("now sending ");
      printAt(sendLine);
      print("\n");
      // BUG client-write-waits: while it waits for a server that waits for it, nobody reads.
      const rt = write(load<i32>(socketFdAt), sendLine, strlen(sendLine));
      if (rt < 0) error(1, errno, "write failed ");
      print("send bytes: ");
      printNumber(rt);
      print(" \n");
    }
  }
}

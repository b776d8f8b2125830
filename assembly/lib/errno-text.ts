// What an errno says to a person, for those that a client meets.

import {
  ACCES,
  ADDRNOTAVAIL,
  CONNREFUSED,
  CONNRESET,
  HOSTUNREACH,
  MFILE,
  NETUNREACH,
  PIPE,
  TIMEDOUT,
} from "../abi/wasip1-layout";
import { addNumber, addText } from "./line";

/** Adds the words for an errno to the line, or its number. */
export function addErrno(errno: u16): void {
  if (errno == ACCES) addText("not allowed");
  else if (errno == ADDRNOTAVAIL) addText("no local address is available");
  else if (errno == CONNREFUSED) addText("connection refused");
  else if (errno == CONNRESET) addText("connection reset");
  else if (errno == HOSTUNREACH) addText("host unreachable");
  else if (errno == MFILE) addText("too many open descriptors");
  else if (errno == NETUNREACH) addText("network unreachable");
  else if (errno == PIPE) addText("broken pipe");
  else if (errno == TIMEDOUT) addText("timed out");
  else {
    addText("errno ");
    addNumber(errno);
  }
}

// Answers lines, letters turned by 13 places. Waits with select, so it refuses a client whose
// descriptor select has no bit for, with a line on stderr.
//
// What has arrived goes out when a line in it is complete, as from the Buffer of the course notes;
// a line that is longer than the ring in pieces; and what is left when the client finishes.

import { rot13 } from "../lib/rot13";
import { serve } from "../net/server";

const NEWLINE: u8 = 10;

serve(changetype<usize>(rot13), changetype<usize>(hasNewline));

function hasNewline(bytes: usize, lengthBytes: u32): bool {
  for (let i: u32 = 0; i < lengthBytes; i++) if (load<u8>(bytes + i) == NEWLINE) return true;
  return false;
}

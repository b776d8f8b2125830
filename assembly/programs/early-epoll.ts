// Echoes every byte, letters turned by 13 places, as soon as it arrives. Waits with bind_event and
// get_events, the interface that epoll began as.

import { rot13 } from "../lib/rot13";
import { serve } from "../net/server";

serve(changetype<usize>(rot13));

// Echoes every byte, letters turned by 13 places, as soon as it arrives. Waits with edge-triggered
// epoll: each arrival is reported once, and read until there is no more.

import { rot13 } from "../lib/rot13";
import { serve } from "../net/server";

serve(changetype<usize>(rot13));

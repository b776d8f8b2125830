// Echoes every byte, letters turned by 13 places, as soon as it arrives.

import { rot13 } from "../lib/rot13";
import { serve } from "../net/server";

serve(changetype<usize>(rot13));

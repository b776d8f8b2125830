// The fuzzer that needs gcc alone.

import { engineSuite } from './engine.ts';

engineSuite('driver', 6000, '6000 inputs of seed 1: nothing found');

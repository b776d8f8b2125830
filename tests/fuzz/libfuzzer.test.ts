// The fuzzer that needs clang, and is led by what its inputs reach.

import { engineSuite } from './engine.ts';

engineSuite('libfuzzer', 1000, 'number_of_executed_units: 1000');

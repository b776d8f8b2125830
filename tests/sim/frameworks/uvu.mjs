import { test } from 'uvu';
import { TESTS } from './echo.mjs';

for (const [title, body] of Object.entries(TESTS)) test(title, body);
test.run();

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { SENTINEL } from './caller.ts';
import { withWorld } from './world.ts';

const test = suite('args and environ');

test(
  'the sizes count every argument with its zero byte, in UTF-8',
  withWorld(
    (world) => {
      const { caller } = world;
      assert.is(world.errno('args_sizes_get', 512, 516), 'SUCCESS');
      assert.is(caller.u32(512), 3);
      assert.is(caller.u32(516), 'guest\0--a\0é\0'.length + 1);
    },
    { args: ['guest', '--a', 'é'] },
  ),
);

test(
  'arguments are pointers to zero-ended strings in order, and nothing else is written',
  withWorld(
    ({ caller }) => {
      assert.is(caller.call('args_get', 512, 600), 0);
      assert.equal([caller.u32(512), caller.u32(516)], [600, 606]);
      assert.is(caller.text(600, 9), 'guest\0-x\0');
      assert.is(caller.bytes[520], SENTINEL);
      assert.is(caller.bytes[609], SENTINEL);
    },
    { args: ['guest', '-x'] },
  ),
);

test(
  'the environment is NAME=value',
  withWorld(
    ({ caller }) => {
      assert.is(caller.call('environ_sizes_get', 512, 516), 0);
      assert.equal([caller.u32(512), caller.u32(516)], [1, 4]);
      assert.is(caller.call('environ_get', 512, 600), 0);
      assert.is(caller.text(600, 4), 'A=b\0');
    },
    { environ: ['A=b'] },
  ),
);

test(
  'an empty list writes nothing',
  withWorld(({ caller }) => {
    assert.is(caller.call('environ_get', 512, 600), 0);
    assert.ok(caller.bytes.every((byte) => byte === SENTINEL));
  }),
);

test(
  'a pointer outside the memory is FAULT, and nothing is written',
  withWorld(
    (world) => {
      const { caller } = world;
      const end = caller.bytes.length;
      for (const [first, second] of [
        [end - 3, 512],
        [512, end - 3],
        [-1, 512],
        [512, -1],
      ] as const) {
        assert.is(world.errno('args_sizes_get', first, second), 'FAULT');
        assert.is(world.errno('args_get', first, second), 'FAULT');
      }
      assert.ok(caller.bytes.every((byte) => byte === SENTINEL));
    },
    { args: ['guest'] },
  ),
);

test.run();

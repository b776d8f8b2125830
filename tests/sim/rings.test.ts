// What a guest's own core knows of its descriptors, as `inspect` finds it in the guest's memory: its
// interest, and the bytes that its rings hold. The truth is the trace: what the guest has received
// and not sent yet is what its ring must hold.

import * as assert from 'uvu/assert';
import {
  type RingView,
  simulate,
  SimulationError,
  type SlotView,
  type World,
} from '../../host/sim.ts';
import { MARKER, VERSION } from '../../host/runtime/simulate/guest-core-layout.ts';
import { suite } from '../support/suite.ts';
import { Op, wasm } from '../support/wasm.ts';
import { ROT13, rot13 } from './modules.ts';

const RING_BYTES = 4096;
const OPTIONS = { args: ['--ring-bytes', String(RING_BYTES)], sendBufferBytes: 16_384 };
/** More than a guest's buffers hold, and no two stretches of it are the same. */
const TEXT = Array.from({ length: 10_000 }, (_, at) => `line ${at}\n`).join('');

for (const [entry, bytes] of ROT13) {
  const test = suite(`rings of a guest (${entry})`);
  const row = (title: string, body: (world: World) => void): void => {
    test(title, async () => body(await simulate(bytes, OPTIONS)));
  };

  row('bytes that a slow reader leaves stand in the ring, and the guest reads no more', (world) => {
    const client = world.connect({ receiveBufferBytes: 4096 }).pause();
    client.send(TEXT);
    world.run();
    assert.is(ringOf(world, 4).heldBytes, RING_BYTES);
    assertHeld(world, 4, TEXT);
    assert.is(slotOf(world, 4)?.interest, 'WRITE');
    client.resume();
    world.run();
    assert.ok(client.text() === rot13(TEXT), 'the bytes are not those that were sent');
    assert.is(slotOf(world, 4)?.interest, 'READ');
  });

  row('a ring that has wrapped is told in the order of its bytes', (world) => {
    const client = world.connect({ receiveBufferBytes: 4096 }).pause();
    client.send(TEXT);
    world.run();
    let wrapCount = 0;
    for (let round = 0; round < 30; round++) {
      client.read(3001);
      world.run();
      const { readIndex, heldBytes, sizeBytes } = ringOf(world, 4);
      assert.is(sizeBytes, RING_BYTES);
      if (readIndex + heldBytes > sizeBytes) wrapCount++;
      assertHeld(world, 4, TEXT);
    }
    assert.ok(wrapCount > 0, 'no ring has wrapped');
  });

  row('each client has a ring of its own, and an idle one holds nothing', (world) => {
    const idle = world.connect().send('short');
    const texts = ['first ', 'other '].map((word) => word.repeat(20_000));
    const slow = texts.map((text) =>
      world.connect({ receiveBufferBytes: 4096 }).pause().send(text),
    );
    world.run();
    assert.is(idle.text(), rot13('short'));
    assert.equal(ringOf(world, 4), { ...EMPTY, sizeBytes: RING_BYTES });
    texts.forEach((text, at) => assertHeld(world, 5 + at, text));
    slow[0]?.close();
    world.run();
    assert.is(
      world.inspect().descriptors.some(({ fd }) => fd === 5),
      false,
    );
    assertHeld(world, 6, texts[1] as string);
  });

  row('the listener has a slot, and no ring', (world) => {
    world.run();
    assert.equal(slotOf(world, 3), { index: 0, interest: 'READ', readiness: '' });
    assert.is(slotOf(world, 0), undefined);
  });

  test('a core that has been built for another reader is refused', async () => {
    const other = Uint8Array.from(bytes);
    const at = Buffer.from(other).indexOf(MARKER) + MARKER.length;
    assert.is(other[at], VERSION);
    other[at] = VERSION + 1;
    const world = await simulate(other);
    world.run();
    assert.throws(
      () => world.inspect(),
      (error: unknown) =>
        error instanceof SimulationError &&
        error.code === 'UNREADABLE' &&
        error.message.includes(`has version ${VERSION + 1}, this Pollux reads ${VERSION}`),
    );
  });

  test('slots that lead out of the memory are told as that', async () => {
    const broken = Uint8Array.from(bytes);
    const slabs = Buffer.from(broken).indexOf(MARKER) + MARKER.length + 4;
    broken.fill(0xff, slabs, slabs + 4);
    const world = await simulate(broken);
    world.run();
    assert.throws(() => world.inspect(), /the guest's slots lead out of its memory/);
  });

  test.run();
}

const test = suite('rings of a guest without our core');

/** Accepts a client at descriptor 3, and receives twice: the second time it waits. */
function receiver(): Uint8Array {
  const wasi = 'wasi_snapshot_preview1';
  const receive = [...[4, 16, 1, 0, 24, 28].flatMap(Op.i32), ...Op.call(1), ...Op.DROP];
  return wasm({
    imports: [
      [wasi, 'sock_accept', 'i32 i32 i32->i32'],
      [wasi, 'sock_recv', 'i32 i32 i32 i32 i32 i32->i32'],
    ],
    functions: {
      _start: [
        '->',
        [
          ...[...[3, 0, 8].flatMap(Op.i32), ...Op.call(0), ...Op.DROP],
          ...[...Op.store(16, Op.i32(1024)), ...Op.store(20, Op.i32(1024))],
          ...[...receive, ...receive],
        ],
      ],
    },
  });
}

test('it has no slots, whatever a client sends', async () => {
  const world = await simulate(receiver());
  const directory = new Uint8Array(48);
  directory.set(new TextEncoder().encode(MARKER));
  world.connect().send(directory);
  world.run();
  assert.match(world.trace(), /recv\(h4, 1024\) = 48 "Pollux core map/);
  for (const descriptor of world.inspect().descriptors) assert.is(descriptor.slot, undefined);
});

test.run();

const EMPTY: RingView = { sizeBytes: 0, readIndex: 0, heldBytes: 0, held: new Uint8Array(0) };

function slotOf(world: World, fd: number): SlotView | undefined {
  return world.inspect().descriptors.find((descriptor) => descriptor.fd === fd)?.slot;
}

function ringOf(world: World, fd: number): RingView {
  const ring = slotOf(world, fd)?.ring;
  assert.ok(ring !== undefined, `descriptor ${fd} has no ring`);
  return ring;
}

/** The ring of `fd` holds what the guest has received of `text` and has not sent, turned. */
function assertHeld(world: World, fd: number, text: string): void {
  const moved = (call: string): number =>
    [...world.trace().matchAll(new RegExp(`${call}\\(h${fd}, \\d+\\) = (\\d+)`, 'g'))].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  const ring = ringOf(world, fd);
  assert.is(ring.held.length, ring.heldBytes);
  const held = new TextDecoder().decode(ring.held);
  assert.ok(held === rot13(text).slice(moved('send'), moved('recv')), 'it holds something else');
}

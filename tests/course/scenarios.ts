// What clients do to a server that echoes, whichever of the course's it is: a table. Each row opens
// its conversations, holds each of them to the model at every byte, and gives what was answered.

import * as assert from 'uvu/assert';
import { Random } from '../e2e/support/random.ts';
import { bytes, line, randomBytes } from './support/bytes.ts';
import { RING_BYTES, type ServerModel } from './support/model.ts';
import type { Subject } from './support/subject.ts';
import { Talk, type TalkOptions, Witness } from './support/talk.ts';

export interface Scenario {
  readonly title: string;
  /** What the server is started with. */
  readonly args?: readonly string[];
  /** @returns all answers, in the order of the conversations. */
  readonly play: (subject: Subject, model: ServerModel) => Promise<readonly Buffer[]>;
}

const LONG_LINE_BYTES = 1_000_000;
/** More than the system's buffers of both directions take. */
const TOO_MUCH_BYTES = 64 << 20;
const PIECE_BYTES = 1 << 20;
const HALF_CLOSES = 100;
const RANDOM_SEEDS = [1, 2, 3];
const RANDOM_CONNECTIONS = 24;
const RANDOM_BYTES_MAX = 200_000;
const RANDOM_PIECE_BYTES_MAX = 20_000;

export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'bytes that come one by one are answered one by one, or when their line ends',
    play: byteByByte,
  },
  {
    title: 'a line of 1 MB is answered whole, its first part before its end has come',
    play: longLine,
  },
  {
    title: 'lines that are written together are all answered, and what is no line waits',
    play: linesTogether,
  },
  {
    title: 'what comes together with the end of the stream is answered, and then the end comes',
    play: dataWithEnd,
  },
  {
    title: 'what had come with its end before the connection was accepted is answered',
    play: endBeforeAccept,
  },
  {
    title:
      'a client that does not read is not read from, the others are served, and it loses nothing',
    play: slowReader,
  },
  ...RANDOM_SEEDS.map((seed) => ({
    title: `random streams, in random pieces, by clients of random speed: seed ${seed}`,
    play: randomStreams({ seed }),
  })),
  ...[16, 4096].map((ringBytes) => ({
    title: `random streams through rings of ${ringBytes} bytes`,
    args: ['--ring-bytes', String(ringBytes)],
    play: randomStreams({ seed: ringBytes, ringBytes }),
  })),
];

async function byteByByte(subject: Subject, model: ServerModel): Promise<Buffer[]> {
  const witness = await Witness.of(subject);
  const talk = await Talk.open(subject, { model });
  for (const byte of bytes('Hello, one by one\nand\n\nagain')) {
    await talk.send(Uint8Array.of(byte));
    if (model.isByLine) await witness.rounds();
    await talk.answered();
  }
  talk.finish();
  witness.close();
  return [await talk.whole()];
}

async function longLine(subject: Subject, model: ServerModel): Promise<Buffer[]> {
  const talk = await Talk.open(subject, { model });
  const whole = line(LONG_LINE_BYTES);
  await talk.send(whole.subarray(0, -1));
  await talk.answered();
  await talk.send(whole.subarray(-1));
  await talk.answered();
  assert.is(talk.peer.bytes.length, LONG_LINE_BYTES);
  talk.finish();
  return [await talk.whole()];
}

async function linesTogether(subject: Subject, model: ServerModel): Promise<Buffer[]> {
  const witness = await Witness.of(subject);
  const talk = await Talk.open(subject, { model });
  await talk.send(bytes('one\ntwo\n\nthree and no'));
  await talk.answered();
  await witness.rounds();
  await talk.send(bytes(' end\n'));
  await talk.answered();
  // The longest line that a ring holds, and the shortest that it does not.
  for (const lengthBytes of [RING_BYTES, RING_BYTES + 1]) {
    const whole = line(lengthBytes);
    await talk.send(whole.subarray(0, -1));
    await witness.rounds();
    await talk.answered();
    await talk.send(whole.subarray(-1));
    await talk.answered();
  }
  talk.finish();
  witness.close();
  return [await talk.whole()];
}

async function dataWithEnd(subject: Subject, model: ServerModel): Promise<Buffer[]> {
  const talks = await openMany(subject, HALF_CLOSES, { model });
  talks.forEach((talk, index) => talk.finishWith(bytes(`a line\nand the rest of ${index}`)));
  return wholes(talks);
}

async function endBeforeAccept(subject: Subject, model: ServerModel): Promise<Buffer[]> {
  const talks = await subject.whileStopped(async () => {
    const opened = await openMany(subject, HALF_CLOSES, { model });
    for (const [index, talk] of opened.entries()) {
      await talk.send(bytes(`a line\nand the rest of ${index}`));
      // Every third one ends without a word behind it.
      talk.finishWith(bytes(index % 3 === 0 ? '' : 'and more'));
    }
    return opened;
  });
  return wholes(talks);
}

async function slowReader(subject: Subject, model: ServerModel): Promise<Buffer[]> {
  const witness = await Witness.of(subject);
  const talk = await Talk.open(subject, { model });
  talk.peer.pause();
  const piece = line(PIECE_BYTES);
  for (let sent = 0; sent < TOO_MUCH_BYTES; sent += PIECE_BYTES) talk.offer(piece);
  await stalled(talk, witness);
  assert.ok(talk.peer.unsentBytes > TOO_MUCH_BYTES / 4, 'the server has read on and on');
  talk.peer.resume();
  talk.finish();
  witness.close();
  return [await talk.whole()];
}

/** Resolves when a server that serves others takes no more from this one. */
async function stalled(talk: Talk, witness: Witness): Promise<void> {
  let unsentBytes;
  do {
    ({ unsentBytes } = talk.peer);
    for (let round = 0; round < 100; round += 1) await witness.rounds();
  } while (talk.peer.unsentBytes !== unsentBytes);
}

function randomStreams({ seed, ringBytes = RING_BYTES }: { seed: number; ringBytes?: number }) {
  return async (subject: Subject, model: ServerModel): Promise<Buffer[]> => {
    const talks = await openMany(subject, RANDOM_CONNECTIONS, { model, ringBytes });
    const answers = talks.map((talk, index) => randomTalk(talk, new Random(seed, index)));
    return Promise.all(answers);
  };
}

async function randomTalk(talk: Talk, random: Random): Promise<Buffer> {
  const all = randomBytes(random, random.magnitude(RANDOM_BYTES_MAX));
  for (let offset = 0; offset < all.length;) {
    const piece = all.subarray(offset, offset + random.magnitude(RANDOM_PIECE_BYTES_MAX));
    offset += piece.length;
    if (random.chance(0.1)) talk.peer.pause();
    if (offset === all.length && random.chance(0.3)) {
      talk.peer.resume();
      talk.finishWith(piece);
      return talk.whole();
    }
    await talk.send(piece);
    if (random.chance(0.2)) {
      talk.peer.resume();
      await talk.answered();
    }
  }
  talk.peer.resume();
  await talk.answered();
  talk.finish();
  return talk.whole();
}

async function openMany(subject: Subject, count: number, options: TalkOptions): Promise<Talk[]> {
  const talks: Talk[] = [];
  while (talks.length < count) talks.push(await Talk.open(subject, options));
  return talks;
}

function wholes(talks: readonly Talk[]): Promise<Buffer[]> {
  return Promise.all(talks.map((talk) => talk.whole()));
}

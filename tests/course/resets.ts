// A reset at every stage of a connection. Each row opens a connection to a server, brings it to its
// stage, and resets it there.

import { bytes, line } from './support/bytes.ts';
import { finishAndReset } from './support/finish-and-reset.ts';
import type { ServerModel } from './support/model.ts';
import type { Subject } from './support/subject.ts';
import { Talk, type Witness } from './support/talk.ts';

export interface Reset {
  /** `... while it is idle`. */
  readonly when: string;
  readonly reset: (subject: Subject, model: ServerModel, witness: Witness) => Promise<void>;
}

const LINE_AND_HALF = 'a line\nand half of one';
/** More than goes into the buffers of a client that does not read. */
const UNREAD_BYTES = 16 << 20;

export const RESETS: readonly Reset[] = [
  {
    when: 'before it is accepted',
    reset: (subject, model) =>
      subject.whileStopped(async () => (await Talk.open(subject, { model })).peer.reset()),
  },
  {
    when: 'before it is accepted, behind its first bytes',
    reset: (subject, model) =>
      subject.whileStopped(async () => {
        const talk = await Talk.open(subject, { model });
        await talk.send(bytes(LINE_AND_HALF));
        talk.peer.reset();
      }),
  },
  {
    when: 'before it is accepted, behind the end of its stream',
    reset: (subject) =>
      subject.whileStopped(async () => finishAndReset(subject.address, bytes(LINE_AND_HALF))),
  },
  {
    when: 'while it is idle',
    reset: async (subject, model, witness) => {
      const talk = await Talk.open(subject, { model });
      await witness.rounds();
      talk.peer.reset();
    },
  },
  {
    when: 'in the middle of a line',
    reset: async (subject, model, witness) => {
      const talk = await Talk.open(subject, { model });
      await talk.send(bytes(LINE_AND_HALF));
      await talk.answered();
      await witness.rounds();
      talk.peer.reset();
    },
  },
  {
    when: 'right behind a line',
    reset: async (subject, model) => {
      const talk = await Talk.open(subject, { model });
      await talk.send(bytes('a line\n'));
      talk.peer.reset();
    },
  },
  {
    when: 'while its answer waits to be read',
    reset: async (subject, model, witness) => {
      const talk = await unreadTalk(subject, model);
      await witness.rounds();
      talk.peer.reset();
    },
  },
  {
    when: 'by closing with an answer unread',
    reset: async (subject, model, witness) => {
      const talk = await Talk.open(subject, { model });
      talk.peer.pause();
      await talk.send(bytes('a line\n'));
      await witness.rounds();
      talk.peer.close();
    },
  },
  {
    when: 'right behind the end of its stream',
    reset: async (subject) => finishAndReset(subject.address, bytes(LINE_AND_HALF)),
  },
];

/** A client that does not read, and has sent until the server does not either. */
async function unreadTalk(subject: Subject, model: ServerModel): Promise<Talk> {
  const talk = await Talk.open(subject, { model });
  talk.peer.pause();
  for (let sent = 0; sent < UNREAD_BYTES; sent += 1 << 20) talk.offer(line(1 << 20));
  return talk;
}

// The servers that serve many clients at once.

import { bytes, line } from '../support/bytes.ts';
import { ending, exchange, rounds, WITNESSED } from '../support/deeds.ts';
import {
  answerTo,
  EARLY_EPOLL,
  EPOLL_ROT13,
  POLL_ECHO,
  ROT13_ECHO,
  SELECT_ROT13,
  type ServerModel,
} from '../support/model.ts';
import type { Play } from '../support/stage.ts';

const RING_BYTES = 64;
const MANY_BYTES = 20_000;

const SERVERS = [ROT13_ECHO, POLL_ECHO, SELECT_ROT13, EPOLL_ROT13, EARLY_EPOLL];

export const SERVER_PLAYS: readonly Play[] = [
  ...SERVERS.flatMap(echoPlays),
  ...SERVERS.filter(({ isByLine }) => isByLine).flatMap(linePlays),
];

function echoPlays(model: ServerModel): Play[] {
  const { guest: program } = model;
  const answered = (text: string): string => answerTo(bytes(text), model).toString('latin1');
  const pieces = ['Hello, ', 'world\nand all ', 'who are in it\n'];
  const many = line(MANY_BYTES).toString('latin1');
  return [
    {
      program,
      title: 'answers three clients at once, who speak in pieces, and ends when they do',
      role: 'listens',
      peers: async (stage) => {
        const clients = [await stage.connect(), await stage.connect(), await stage.connect()];
        for (const piece of pieces) for (const client of clients) await client.send(piece);
        for (const client of clients) await client.received(pieces.join('').length);
        for (const client of clients) client.finish();
        return Promise.all(clients.map(ending));
      },
      holds: Array(3).fill([answered(pieces.join('')), 'ended']),
    },
    {
      program,
      title: 'answers what came before the end of a stream, also what is no line',
      role: 'listens',
      peers: async (stage) => {
        const client = await stage.connect();
        await client.send('a line\nand no end');
        client.finish();
        return ending(client);
      },
      holds: [answered('a line\nand no end'), 'ended'],
    },
    {
      program,
      title: 'serves the others when clients reset, in the midst of a line or before it knows them',
      role: 'listens',
      peers: async (stage) => {
        const [stays, resets] = [await stage.connect(), await stage.connect()];
        await resets.send('half a line');
        await exchange(stays, WITNESSED);
        resets.reset();
        (await stage.connect()).reset();
        await exchange(stays, WITNESSED);
        const comes = await stage.connect();
        await exchange(comes, WITNESSED);
        for (const client of [stays, comes]) client.finish();
        return [await ending(stays), await ending(comes)];
      },
      holds: [
        [WITNESSED.repeat(2), 'ended'],
        [WITNESSED, 'ended'],
      ],
    },
    {
      program,
      title: 'holds no more than its ring for a client that does not read, and serves the others',
      args: ['--ring-bytes', String(RING_BYTES)],
      role: 'listens',
      peers: async (stage) => {
        const [slow, quick] = [await stage.connect(), await stage.connect()];
        slow.pause();
        await slow.send(many);
        await exchange(quick, WITNESSED);
        slow.resume();
        await slow.received(many.length);
        await exchange(quick, WITNESSED);
        slow.finish();
        return ending(slow);
      },
      holds: [answered(many), 'ended'],
    },
    {
      program,
      title: 'accepts late, and is not ended by who has reset by then',
      args: ['--accept-delay', '20'],
      role: 'listens',
      peers: async (stage) => {
        const [resets, stays] = [await stage.connect(), await stage.connect()];
        await resets.send('gone\n');
        resets.reset();
        await stays.send('late\n');
        stage.pass(100);
        await stays.received('late\n'.length);
        stays.finish();
        return ending(stays);
      },
      holds: [answered('late\n'), 'ended'],
    },
  ];
}

function linePlays(model: ServerModel): Play[] {
  const { guest: program } = model;
  const long = line(3 * RING_BYTES);
  return [
    {
      program,
      title: 'keeps a line back until its end has come',
      role: 'listens',
      peers: async (stage) => {
        const [client, witness] = [await stage.connect(), await stage.connect()];
        const counts: number[] = [];
        for (const piece of ['no end ', 'and still none', '\n']) {
          await client.send(piece);
          await rounds(witness);
          counts.push(client.bytes.length);
        }
        client.finish();
        return [counts, await ending(client)];
      },
      holds: [
        [0, 0, 'no end and still none\n'.length],
        [answerTo(bytes('no end and still none\n'), model).toString('latin1'), 'ended'],
      ],
    },
    {
      program,
      title: 'answers a line that is longer than its ring in pieces',
      args: ['--ring-bytes', String(RING_BYTES)],
      role: 'listens',
      peers: async (stage) => {
        const client = await stage.connect();
        await client.send(long.subarray(0, -1));
        await client.received(long.length - RING_BYTES);
        await client.send(long.subarray(-1));
        await client.received(long.length);
        client.finish();
        return ending(client);
      },
      holds: [answerTo(long, model).toString('latin1'), 'ended'],
    },
  ];
}

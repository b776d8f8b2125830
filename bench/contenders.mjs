// The servers that are compared. Each is started afresh for each row of each round, since a process
// may be lucky or unlucky for as long as it lives.

import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LISTENING = /listening on tcp:127\.0\.0\.1:(?<port>\d+)/;

/** What the others are compared with. */
export const BASELINE = 'native';

/** What it is where a system forbids io_uring; only where there is something to make together. */
const WITHOUT_IO_URING = 'pollux, no io_uring';

/** The same program waiting by the epoll imports, edge-triggered; only where many are idle. */
export const EPOLL_IMPORTS = 'pollux, epoll imports';

/**
 * A contender with `rows` takes part in those alone whose key matches.
 *
 * @param {{ server: string }} programs
 * @param {string | undefined} against the folder of another build of Pollux, to compare with.
 */
export function contenders(programs, against) {
  const plain = {
    name: 'native, plain echo',
    command: [programs.server, '--plain'],
    isPlain: true,
  };
  const all = [
    { name: BASELINE, command: [programs.server] },
    plain,
    {
      name: 'addon alone, plain',
      command: [process.execPath, '--import', 'tsx', join(ROOT, 'bench/addon-server.mjs')],
      isPlain: true,
      rows: /^(?:\d+x\d+|churn)$/,
    },
    { name: 'pollux', command: pollux(ROOT, 'rot13-echo.wasm') },
    {
      name: WITHOUT_IO_URING,
      command: [...pollux(ROOT, 'rot13-echo.wasm'), '--no-io-uring'],
      rows: /^\d+x64$/,
    },
    { name: 'pollux, reactor', command: pollux(ROOT, 'rot13-echo.reactor.wasm') },
    { name: EPOLL_IMPORTS, command: pollux(ROOT, 'epoll-rot13.wasm'), rows: /^(?:idle|churn)-/ },
    { name: 'node:net', command: [process.execPath, join(ROOT, 'bench/node-net-server.mjs')] },
  ];
  if (against !== undefined) {
    const name = `pollux of ${basename(against)}`;
    all.push({ name, command: pollux(against, 'rot13-echo.wasm') });
  }
  return all;
}

function pollux(root, guest) {
  return [
    ...[process.execPath, join(root, 'dist/cli.cjs'), 'run', join(root, 'build', guest)],
    ...['--listen', 'tcp:127.0.0.1:0'],
  ];
}

/** Pollux as it is by default, or with each message crossing into the addon by itself. */
export function polluxServer(programs, { isBatching }) {
  const found = contenders(programs).find(({ name }) => name === 'pollux');
  return isBatching ? found : { ...found, command: [...found.command, '--no-batching'] };
}

/** Those that take part in a row. */
export function contendersOf(row, contenders) {
  return contenders.filter(({ rows }) => rows === undefined || rows.test(row.key));
}

/** Where a server's processes run, and what else they are given. */
export class Host {
  #programs;
  #cores;

  constructor(programs, cores) {
    this.#programs = programs;
    this.#cores = cores;
  }

  /** Starts a server on its core. @returns `{ child, port }` once it listens. */
  async start(contender, nodeOptions = []) {
    const [program, ...parameters] = contender.command;
    const isNode = program === process.execPath;
    const command = [program, ...(isNode ? nodeOptions : []), ...parameters];
    const child = new Child(contender.name, this.#pinned(this.#cores.server, command), {
      lines: 'stderr',
    });
    return { child, port: await listeningPort(child) };
  }

  /** Starts a load on a server, on the other core. @returns once its connections are open. */
  async load({ contender, server, mode, connections, idle, bytes }) {
    const child = new Child(
      `the load of ${contender.name}`,
      this.#pinned(this.#cores.client, [
        ...[this.#programs.load, mode, server.port, server.child.pid, connections, idle, bytes],
        contender.isPlain ? 'plain' : 'rot13',
      ]),
    );
    await child.line();
    return child;
  }

  #pinned(core, command) {
    return [this.#programs.load, 'pin', core, ...command].map(String);
  }
}

/** The port in the line that tells of it. */
export async function listeningPort(child) {
  for (;;) {
    const found = LISTENING.exec(await child.line());
    if (found !== null) return Number(found.groups.port);
  }
}

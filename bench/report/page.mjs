// Writes docs/benchmarks.md and its figure.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { ROUNDS_FIRST, ROUNDS_LAST } from '../targets.mjs';
import { figure } from './figure.mjs';
import { number, tableOf, targetWords } from './summary.mjs';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

export async function writePage(report) {
  const image = figure(report);
  if (image !== undefined) writeFileSync(`${DOCS}benchmarks.svg`, image);
  const page = pageText(report, image !== undefined);
  writeFileSync(`${DOCS}benchmarks.md`, await format(page, { parser: 'markdown' }));
}

/** @returns the page in Markdown, its tables still ragged. */
export function pageText({ machine, rows, baseline, checks, seconds, targets }, hasFigure) {
  return [
    '# Benchmarks\n',
    'What it costs to run a server in the sandbox: Pollux with `build/rot13-echo.wasm`, beside the',
    'same server written in C on epoll, and on `node:net`.',
    '`npm run bench -- --write` writes this page.\n',
    ...(hasFigure ? ['![Server CPU time per echo](benchmarks.svg)\n'] : []),
    ...(targets.length > 0 ? targetsPart(targets) : []),
    '## Figures\n',
    'A median and the 95 % interval of it, over the rounds. A ratio is taken within each round: the median',
    "of the ratios of each slice to the native server's slice beside it.\n",
    ...rows.flatMap((row) => [
      `### ${row.title}\n`,
      ...(row.kind === 'memory' ? [`${MEMORY}\n`] : []),
      ...table(tableOf(row, baseline)),
    ]),
    ...machinePart(machine, checks),
    ...methodPart(seconds),
  ].join('\n');
}

const MEMORY =
  'How much more memory (Pss_Anon) a server has with 9,000 connections than with 1,000, for each of\n' +
  'them, garbage collected, none of them holding bytes.';

function targetsPart(targets) {
  const body = targets.map((target) => {
    const { title, wanted, found } = targetWords(target);
    return [title, wanted, found, target.verdict];
  });
  return ['## Targets\n', ...table([['measured', 'target', 'found', ''], ...body])];
}

function machinePart(machine, { speed, cpuClock }) {
  const [native, guest] = [speed.nativeBytesPerS, speed.guestBytesPerS].map((bytesPerS) =>
    number(bytesPerS / 1e9, 1),
  );
  const counted = number(cpuClock.countedMs, 0);
  const kind = machine.isVirtual ? ', a virtual machine' : '';
  return [
    '## The machine\n',
    `${machine.processor}, ${machine.coresCount} cores, ${machine.memoryGiB} GiB${kind};`,
    `Linux ${machine.linux}; Node ${machine.node}; all traffic on loopback.`,
    `Servers ran on core ${machine.serverCore}, the load generator on core ${machine.clientCore}.`,
    `Before the first round the system's load was ${number(machine.loadBefore, 1)}.\n`,
    `rot13 alone, over 16 KiB in the cache: native ${native} GB/s, the guest's ${guest} GB/s.`,
    `A worker that spun for ${cpuClock.spunMs} ms and ended was counted with ${counted} ms.\n`,
  ];
}

function methodPart(seconds) {
  return [
    '## How it is measured\n',
    '- A throughput says little: the load generator saturates its core before some servers do.',
    '  What counts is the CPU time of the whole server process, user and system, all threads, by',
    '  `clock_gettime` on the clock of the process, for each echo.',
    '- The native server is level-triggered, makes one `recv` and one `send` for a message, and no',
    '  `epoll_ctl` unless a peer is slow. Its rot13 works on vectors of 64 bytes; it is compiled',
    '  with `-O3 -march=native`.',
    '- Pollux makes the system calls of small messages together by io_uring, where the system allows it;',
    '  "no io_uring" is what it is elsewhere, by `--no-io-uring`.',
    '- "addon alone" is a loop of JavaScript on the native kernel, with no guest and no rot13: what the way',
    '  from JavaScript into C takes, and what no sandbox that stands on it can go below.',
    '- Every byte of every answer is compared with what it must be. A wrong one ends the run.',
    `- In a round every server is started afresh, warmed up, and loaded for ${seconds} s in slices`,
    '  that take turns with those of the others.',
    "- A target passes when its median is within it and the interval's end within 1.02 times it.",
    `  One that is open after ${ROUNDS_FIRST} rounds is measured on, up to ${ROUNDS_LAST}, and then`,
    '  fails.',
    '- `npm run bench -- --json FILE` gives every figure of every round.',
    '',
  ];
}

function table([head, ...body]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...body.map(line), ''];
}

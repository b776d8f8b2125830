// Rows that are wrong, to show that each check of a case can fail.

import { openSync } from 'node:fs';
import { Op, wasm } from '../../support/wasm.ts';
import { call, RESULT, words } from '../guest.ts';
import type { Row } from '../row.ts';

const NOTHING = ['->', []] as const;

/** Each with a word that its failure must say. */
export const PLANTED: readonly (readonly [row: Row, says: RegExp])[] = [
  [
    {
      id: 'planted-answer',
      title: 'an answer that is another',
      steps: [call('sched_yield'), call('fd_close', 9)],
      answers: ['SUCCESS', 'NOTSUP'],
    },
    /answer 1 \(from 0\) is 8/,
  ],
  [
    {
      id: 'planted-memory',
      title: 'a write that the row does not name',
      steps: [call('args_sizes_get', RESULT, RESULT + 4)],
      answers: ['SUCCESS'],
      wrote: [[RESULT, words(1)]],
    },
    /the byte at 1028 is 11, not 0/,
  ],
  [
    {
      id: 'planted-end',
      title: 'another end',
      module: () => wasm({ functions: { _start: ['->', Op.UNREACHABLE] } }),
      reason: 'exited',
    },
    /the end .*"trapped".*, not .*"exited"/,
  ],
  [
    {
      id: 'planted-refusal',
      title: 'a module that is not refused',
      module: () => wasm({ functions: { _start: NOTHING } }),
      refused: /./,
    },
    /the answer is: "it runs"/,
  ],
  [
    {
      id: 'planted-client',
      title: 'a client that gets less',
      clients: [{ receives: 'text' }],
      steps: [call('sock_accept', 3, 0, RESULT)],
      answers: ['SUCCESS'],
      wrote: [[RESULT, words(4)]],
    },
    /what client 0 got: "", not "text"/,
  ],
  [
    {
      id: 'planted-descriptor',
      title: 'a descriptor that is left open',
      steps: [],
      answers: [],
      meanwhile: async () => openSync('/dev/null', 'r'),
    },
    /the descriptors of the process: \d+, not \d+/,
  ],
  [
    {
      id: 'planted-crash',
      title: 'a process that dies',
      steps: [],
      answers: [],
      meanwhile: async () => process.kill(process.pid, 'SIGSEGV'),
    },
    /ended by SIGSEGV/,
  ],
  [
    {
      id: 'planted-hang',
      title: 'a guest that does not end',
      module: () => wasm({ functions: { _start: ['->', Op.LOOP] } }),
      reason: 'exited',
    },
    /has not ended/,
  ],
];

export const plantedRows: readonly Row[] = PLANTED.map(([row]) => row);

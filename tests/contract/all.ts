// The whole kernel contract: what a kernel has to pass to be one.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { acceptContract } from './accept.ts';
import { clocksContract } from './clocks.ts';
import { type Skips, skipsWithoutRow } from './contract.ts';
import { drainContract } from './drain.ts';
import { handlesContract } from './handles.ts';
import { levelsContract } from './levels.ts';
import { modesContract } from './modes.ts';
import type { MakeKernel } from './peers.ts';
import { optionsContract } from './options.ts';
import { readinessContract } from './readiness.ts';
import { recvContract } from './recv.ts';
import { sendContract } from './send.ts';
import { setsContract } from './sets.ts';
import { severalSetsContract } from './several-sets.ts';
import { socketsContract } from './sockets.ts';
import { streamsContract } from './streams.ts';
import { waitContract } from './wait.ts';

const CONTRACTS = [
  socketsContract,
  optionsContract,
  acceptContract,
  recvContract,
  sendContract,
  drainContract,
  handlesContract,
  streamsContract,
  readinessContract,
  modesContract,
  levelsContract,
  setsContract,
  severalSetsContract,
  waitContract,
  clocksContract,
];

/** Runs every part of the contract over fresh kernels of `makeKernel`. */
export function kernelContract(makeKernel: MakeKernel, skips: Skips): void {
  for (const contract of CONTRACTS) contract(makeKernel, skips);

  const test = suite('the skips of the contract');
  test('each skip names a row', () => assert.equal(skipsWithoutRow(skips), []));
  test.run();
}

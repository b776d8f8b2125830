// The two worlds that probes run in: two native kernels, or two simulated ones on one network.

import { tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NativeKernel } from '../../host/kernel/native/native-kernel.ts';
import type { Rules } from '../../host/kernel/sim/rules.ts';
import { SimKernel } from '../../host/kernel/sim/sim-kernel.ts';
import { makeNativeKernel } from '../contract/native-peers.ts';
import { makeSimKernel } from '../contract/sim-peers.ts';
import { type Probe, type ProbeWorld, Side } from './probe.ts';

/** Rounds without progress after which bytes that no one acknowledges count as arrived. */
const QUIET_ROUNDS = 20;

/** Longer than an acknowledgement is held back: by 40 ms, and by a timer that may be late. */
const HELD_BACK_MS = 2000;

/** What a probe said, a line for each fact. A probe that fails says so. */
export type Facts = readonly string[];

/** True when this machine's kernel can show `probe`. */
export function canRunNative(probe: Probe): boolean {
  if (!probe.needsIpv6) return true;
  const kernel = new NativeKernel();
  const handle = kernel.open('ipv6');
  const can = handle >= 0 && kernel.bind(handle, { family: 'ipv6', host: '::1', port: 0 }) === 0;
  kernel.destroy();
  return can;
}

/** @param isPatient waits also for acknowledgements that the system holds back. */
export function runNative(probe: Probe, isPatient = false): Facts {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-parity-'));
  const farFolder = mkdtempSync(join(folder, 'far-'));
  const { kernel, peers } = makeNativeKernel(probe.stdio);
  const farKernel = new NativeKernel();
  const [near, far] = [new Side(kernel, folder), new Side(farKernel, farFolder)];
  try {
    return facts(probe, {
      near,
      far,
      peers,
      settle: () => {
        const sides: [Side, NativeKernel][] = [
          [near, kernel],
          [far, farKernel],
        ];
        settleNative(sides, () => peers.settle(), isPatient);
      },
    });
  } finally {
    kernel.destroy();
    farKernel.destroy();
    peers.close();
    rmSync(folder, { recursive: true });
  }
}

/**
 * The first fact in which the two worlds differ, with those before it; undefined when none does. A
 * difference is looked at again with patience: Linux may have held an acknowledgement back.
 */
export function findDifference(probe: Probe, rules?: Rules): string | undefined {
  const sim = runSim(probe, rules);
  const isSame = (facts: Facts): boolean => JSON.stringify(facts) === JSON.stringify(sim);
  if (isSame(runNative(probe))) return undefined;
  const native = runNative(probe, true);
  if (isSame(native)) return undefined;
  const at = sim.findIndex((fact, index) => fact !== native[index]);
  const [linux, twin] = [native[at] ?? '(nothing)', sim[at] ?? '(nothing)'];
  return [...native.slice(0, at), `! linux  ${linux}`, `! sim    ${twin}`].join('\n');
}

export function runSim(probe: Probe, rules?: Rules): Facts {
  const { kernel, peers, network } = makeSimKernel(probe.stdio, rules);
  const farKernel = new SimKernel({ network });
  const [near, far] = [new Side(kernel, '/tmp'), new Side(farKernel, '/run')];
  return facts(probe, { near, far, peers, settle: () => network.timeline.settle() });
}

function facts(probe: Probe, world: Omit<ProbeWorld, 'say'>): Facts {
  const lines: string[] = [];
  const say: ProbeWorld['say'] = (what, ...said) => void lines.push(`${what}: ${said.join(', ')}`);
  try {
    probe.script({ ...world, say });
  } catch (error) {
    lines.push(`failed: ${(error as Error).message}`);
  }
  return lines;
}

/** Waits until nothing moves: every byte is acknowledged, or no one acknowledges any more. */
function settleNative(sides: [Side, NativeKernel][], round: () => void, isPatient: boolean): void {
  const endMs = performance.now() + HELD_BACK_MS;
  let quiet = 0;
  let last = -1;
  do {
    round();
    let bytes = 0;
    for (const [{ sockets }, kernel] of sides) {
      for (const handle of sockets) bytes += Math.max(kernel.unacknowledgedBytes(handle), 0);
    }
    if (bytes === 0) return;
    quiet = bytes === last ? quiet + 1 : 0;
    last = bytes;
  } while (quiet < QUIET_ROUNDS || (isPatient && performance.now() < endMs));
}

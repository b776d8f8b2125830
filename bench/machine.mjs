// The machine and the programs that the figures belong to.

import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

export function describeMachine(cores) {
  return {
    processor: cpus()[0].model.trim(),
    coresCount: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    linux: release().split('-')[0],
    node: process.version,
    serverCore: cores.server,
    clientCore: cores.client,
    isVirtual: /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')),
    /** Before the first measurement. Above 0 other programs want the processors too. */
    loadBefore: loadavg()[0],
  };
}

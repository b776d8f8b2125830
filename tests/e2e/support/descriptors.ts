// How many descriptors a process may have here.

import { readFileSync } from 'node:fs';

/** The hard limit: Node raises its own to it. */
export function descriptorLimit(): number {
  const line = /^Max open files +\S+ +(?<hard>\S+)/m.exec(
    readFileSync('/proc/self/limits', 'utf8'),
  );
  const hard = line?.groups?.['hard'] ?? '0';
  return hard === 'unlimited' ? Infinity : Number(hard);
}

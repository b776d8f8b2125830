// Which cores the servers and the load generator run on: two that are not halves of one.

import { readFileSync } from 'node:fs';

/** @returns `{ server, client }`; the same core twice, and `isShared`, when there is only one. */
export function chooseCores() {
  const [, text] = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const allowed = parseList(text);
  const [server] = allowed;
  const siblings = siblingsOf(server);
  const others = allowed.filter((core) => core !== server);
  const client = others.find((core) => !siblings.includes(core)) ?? others[0] ?? server;
  return { server, client, isShared: client === server };
}

/** "0-2,8" is [0, 1, 2, 8]. */
export function parseList(text) {
  return text
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

function siblingsOf(core) {
  const path = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`;
  try {
    return parseList(readFileSync(path, 'utf8'));
  } catch {
    return [core]; // a system that does not say
  }
}

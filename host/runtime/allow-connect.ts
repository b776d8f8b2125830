// What a guest may connect to, from the patterns that people write to the rules of its policy.

import { PolluxError } from '../base/pollux-error.ts';
import {
  type ConnectPattern,
  type ConnectRule,
  parseConnectPattern,
  ruleOfAddress,
} from '../wasi/connect-pattern.ts';
import { resolveHost } from './resolve.ts';

/** A pattern, and how the user wrote it. */
export interface AllowRequest {
  readonly pattern: ConnectPattern;
  readonly text: string;
}

/** @throws PolluxError `BAD_ADDRESS` */
export function parseAllowRequest(text: string): AllowRequest {
  const pattern = parseConnectPattern(text);
  if (typeof pattern === 'string') throw notAllowable(text, pattern);
  return { pattern, text };
}

/**
 * The rules of the patterns. A name stands for all the addresses that it has now; what it is given
 * later is not allowed.
 *
 * @throws PolluxError `BAD_ADDRESS` for a name without an address, or with one that no one can mean.
 */
export async function resolveRules(requests: readonly AllowRequest[]): Promise<ConnectRule[]> {
  const rules: ConnectRule[] = [];
  for (const { pattern, text } of requests) {
    if (pattern.kind === 'rule') {
      rules.push(pattern.rule);
      continue;
    }
    for (const { host } of await resolveHost(pattern.host, purposeOf(text))) {
      const rule = ruleOfAddress(host, pattern.ports);
      if (typeof rule === 'string') {
        throw notAllowable(text, `${pattern.host} has the address ${host}; ${rule}`);
      }
      rules.push(rule);
    }
  }
  return rules;
}

function notAllowable(text: string, problem: string): PolluxError {
  return new PolluxError('BAD_ADDRESS', `${purposeOf(text)}: ${problem}`);
}

function purposeOf(text: string): string {
  return `can not allow to connect to ${JSON.stringify(text)}`;
}

// Numbers with units, as people write them: 64M, 10s, 500ms.

import { PolluxError } from '../base/pollux-error.ts';

const BYTES: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** `65536`, `64K`, `64M`, `1G`. @throws PolluxError `USAGE` */
export function parseBytes(option: string, text: string): number {
  return parse(text, BYTES) ?? wrong(option, text, 'a size such as 65536, 64K, 64M or 1G');
}

/** `500ms`, `10s`, `2m`: the unit is not left to guess. @throws PolluxError `USAGE` */
export function parseDuration(option: string, text: string): number {
  return parse(text, MILLISECONDS) ?? wrong(option, text, 'a time such as 500ms, 10s or 2m');
}

/** A whole number. @throws PolluxError `USAGE` */
export function parseCount(option: string, text: string): number {
  return parse(text, { '': 1 }) ?? wrong(option, text, 'a whole number');
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,15})([A-Za-z]*)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return digits === '' || factor === undefined ? undefined : Number(digits) * factor;
}

function wrong(option: string, text: string, expected: string): never {
  throw new PolluxError('USAGE', `${option} ${JSON.stringify(text)} is not ${expected}`);
}

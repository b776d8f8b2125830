// Recordings as a user makes and uses them: by the command line, and where the addon is not.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Exit } from './child.ts';
import { within } from './deadline.ts';
import { runPollux } from './server.ts';

/** No addon is there, so that nothing but the recording can answer a guest. */
const WITHOUT_ADDON = { POLLUX_ADDON: '/nonexistent/pollux.node' };

const REPLAYED =
  /^replayed (?<calls>\d+) calls (?<how>[^,]+), (?:the guest (?<outcome>\w+), )?memory hash (?<hash>[0-9a-f]{16})\n$/;

export interface Replayed {
  readonly calls: number;
  readonly how: string;
  readonly hash: string;
}

/** `pollux COMMAND ARGUMENTS`, in a process of its own without an addon. */
export function withoutAddon(
  ...args: readonly string[]
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  return runPollux(args, WITHOUT_ADDON);
}

/** Replays a file, and holds the command to exit 0. */
export async function replayed(file: string, ...args: readonly string[]): Promise<Replayed> {
  const end = await withoutAddon('replay', file, ...args);
  assert.is(end.code, 0, end.stderr);
  const groups = REPLAYED.exec(end.stdout)?.groups;
  assert.ok(groups, end.stdout);
  return { calls: Number(groups['calls']), how: groups['how'] ?? '', hash: groups['hash'] ?? '' };
}

export const COMPLETE = 'to the recorded end';
export const CUT = 'to the last record: the recording was cut off';

/** A name for a recording in a directory. */
export function recordingIn(directory: string, name = 'guest.plx'): string {
  return join(directory, name);
}

/** Resolves when `condition` holds, which something outside of this process brings about. */
export async function until(
  seconds: number,
  what: string,
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver && !(await condition())) await new Promise((done) => setImmediate(done));
  };
  await within(seconds, loop(), () => what).finally(() => (isOver = true));
}

export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

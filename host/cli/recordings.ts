// pollux replay, trace and diff: what is done with recordings afterwards.

import { writeSync } from 'node:fs';
import { printableLine } from '../base/printable.ts';
import { checkedCalls } from '../runtime/observation.ts';
import { openRecordingFile, replayFile } from '../runtime/replay-file.ts';
import { ReplayDifference } from '../trace/differences.ts';
import { findParting } from '../trace/diff.ts';
import type { ReplayEnd, ReplayOptions } from '../trace/replay.ts';
import { TracePrinter } from '../trace/trace-printer.ts';
import { ExitCode } from './exit-code.ts';
import type { DiffCommand, ReplayCommand, TraceCommand } from './options.ts';
import { openOutput, say } from './output.ts';

const STDOUT = 1;
const STDERR = 2;
/** Lines are written this many characters at a time. */
const OUTPUT_LENGTH = 1 << 16;

/** @returns the exit code. */
export async function replayCommand(command: ReplayCommand): Promise<number> {
  const { file, guest, untilCall, trace } = command;
  const output =
    trace === undefined
      ? undefined
      : new Lines(trace.file === undefined ? STDERR : openOutput(trace.file));
  const options = untilCall === undefined ? {} : { untilCall };
  const end = await replayTo(file, guest, output, { calls: trace?.calls, options });
  if (end === undefined) return ExitCode.DIFFERS;
  process.stdout.write(`${describe(end)}\n`);
  return ExitCode.OK;
}

/** @returns the exit code. */
export async function traceCommand({ file, guest, calls }: TraceCommand): Promise<number> {
  const end = await replayTo(file, guest, new Lines(STDOUT), { calls, options: {} });
  return end === undefined ? ExitCode.DIFFERS : ExitCode.OK;
}

/** @returns the exit code, as diff(1) has it. */
export function diffCommand({ files: [left, right] }: DiffCommand): number {
  const a = openRecordingFile(left);
  const b = openRecordingFile(right);
  const parting = findParting(a.recording, b.recording);
  a.close();
  b.close();
  if (parting === undefined) return ExitCode.OK;
  const lines = [
    `the first ${parting.calls} calls are the same; then`,
    `- ${parting.left ?? `${left} ends`}`,
    `+ ${parting.right ?? `${right} ends`}`,
  ];
  process.stdout.write(`${lines.map(printableLine).join('\n')}\n`);
  return ExitCode.DIFFERS;
}

/** @returns undefined when a call differed, which has been said then. */
async function replayTo(
  file: string,
  guest: string | undefined,
  output: Lines | undefined,
  { calls, options }: { calls: readonly string[] | undefined; options: ReplayOptions },
): Promise<ReplayEnd | undefined> {
  const opened = openRecordingFile(file);
  let timeUs = (): number => 0;
  const observer =
    output === undefined
      ? undefined
      : new TracePrinter({
          print: (line) => output.print(line),
          clockUs: () => timeUs(),
          ...checkedCalls(calls),
        });
  try {
    return await replayFile(opened.recording, guest, {
      ...options,
      ...(observer === undefined ? {} : { observer }),
      onReady: (clock) => {
        timeUs = clock;
      },
    });
  } catch (error) {
    if (!(error instanceof ReplayDifference)) throw error;
    output?.flush();
    say(`${file} differs at call ${error.call}`);
    say(`  recorded: ${error.recorded}`);
    say(`  replayed: ${error.made}`);
    return undefined;
  } finally {
    output?.flush();
    opened.close();
  }
}

function describe({ reason, calls, outcome, memoryHash }: ReplayEnd): string {
  const how: Record<ReplayEnd['reason'], string> = {
    complete: 'to the recorded end',
    cut: 'to the last record: the recording was cut off',
    until: 'as far as asked',
  };
  const came = outcome === undefined ? '' : `, the guest ${outcome}`;
  const memory = memoryHash === undefined ? 'no memory' : `memory hash ${memoryHash}`;
  return `replayed ${calls} calls ${how[reason]}${came}, ${memory}`;
}

/** Lines on their way to a descriptor: many at a time. */
class Lines {
  readonly #descriptor: number;
  #text = '';

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  print(line: string): void {
    this.#text += `${line}\n`;
    if (this.#text.length >= OUTPUT_LENGTH) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    for (let at = 0; at < bytes.length;) {
      try {
        at += writeSync(this.#descriptor, bytes, at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A pipe that is full for now; whoever has closed it wants no more.
        if (code === 'EPIPE') return;
        if (code !== 'EAGAIN') throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  }
}

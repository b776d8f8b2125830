// pollux run: one guest, until it ends or a signal ends it.

import type { Guest, GuestEnd, RecordingEnd, TraceOptions } from '../runtime/guest.ts';
import { run } from '../runtime/supervisor.ts';
import { ExitCode } from './exit-code.ts';
import type { RunCommand, TraceRequest } from './options.ts';
import { openOutput, prepareToSay, say, sayStack } from './output.ts';
import { SignalWatch } from './signals.ts';

/**
 * Has V8 compile every function of a guest by its optimising compiler, when it is first called: it
 * would begin with baseline code and replace a function's at its next call, which never comes to a
 * server that loops in one. And has it inline what an import calls, 20 ns of a 64-byte echo. Both
 * are the process's settings, so they are made here and not by the library.
 */
const V8_FLAGS = ['--no-liftoff', '--max-inlined-bytecode-size-cumulative=3000'];

/** @returns the exit code. */
export async function runCommand(command: RunCommand): Promise<number> {
  const signals = new SignalWatch(command.limits.drainTimeoutMs !== 0);
  try {
    return await runUntilEnd(command, signals);
  } catch (error) {
    // A signal ended the start.
    if (signals.exitCode !== undefined) return signals.exitCode;
    throw error;
  }
}

async function runUntilEnd(command: RunCommand, signals: SignalWatch): Promise<number> {
  const { record, recordNamesModule, trace, limits } = command;
  const starting = run(command.guest, {
    ...{ args: command.args, listen: command.listen, env: command.env },
    ...{ connect: command.connect, allowConnect: command.allowConnect, signal: signals.ending },
    nonBlockingListeners: command.nonBlockingListeners,
    ...limits,
    v8Flags: V8_FLAGS,
    ...(record === undefined ? {} : { record, recordNamesModule }),
    ...(trace === undefined ? {} : { trace: openTrace(trace) }),
  });
  prepareToSay();
  const guest = await starting;
  void guest.recording?.then(sayRecording);
  signals.attach(guest);
  if (!command.isQuiet && guest.addresses.length > 0) {
    say(`listening on ${guest.addresses.join(', ')} (${guest.name}, ${guest.kernel})`);
  }
  const end = await guest.exited;
  if (command.isDebug) sayStats(guest);
  return signals.exitCode ?? explainEnd(guest, end, command.isDebug);
}

/** A guest's own standard error stays apart from a trace that goes to a file. */
function openTrace({ calls, file }: TraceRequest): TraceOptions {
  return {
    ...(calls === undefined ? {} : { calls }),
    ...(file === undefined ? {} : { descriptor: openOutput(file) }),
  };
}

function sayRecording({ path, problem }: RecordingEnd): void {
  if (problem === undefined) return;
  say(`the recording ${path} has ended, the guest goes on: ${problem}`);
}

function explainEnd(guest: Guest, end: GuestEnd, isDebug: boolean): number {
  if (isDebug && end.stack !== '') sayStack(end.stack);
  switch (end.reason) {
    case 'exited':
      if (end.detail !== '') say(`${guest.name} ended: ${end.detail}`);
      if (end.code <= ExitCode.GUEST_MAX) return end.code;
      say(`${guest.name} exited with ${end.code}; a process can say ${ExitCode.GUEST_MAX} at most`);
      return ExitCode.GUEST_MAX;
    case 'trapped':
      say(`${guest.name} trapped: ${end.detail}`);
      return ExitCode.TRAPPED;
    case 'stopped':
    case 'drained':
      return ExitCode.OK;
    case 'undrained':
      say(`${guest.name} did not finish in time: ${end.detail}`);
      return ExitCode.UNDRAINED;
    case 'limited':
      say(`${guest.name} computed longer between two host calls than --max-call-gap-ms allows`);
      return ExitCode.LIMITED;
    case 'failed':
      say(`${guest.name} can not go on: ${end.detail}; this is a bug, please report it`);
      return ExitCode.FAILED;
  }
}

function sayStats(guest: Guest): void {
  const figures = Object.entries(guest.stats()).map(([name, value]) => `${name} ${value}`);
  say(`${guest.name}: ${figures.join(', ')}`);
}

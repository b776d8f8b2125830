#!/usr/bin/env node
// The command line: picks the command, and turns every error into one line and an exit code.

import manifest from '../../package.json' with { type: 'json' };
import { PolluxError } from '../base/pollux-error.ts';
import { exitCodeOf, ExitCode } from './exit-code.ts';
import { HELP, parseCommandLine } from './options.ts';
import { say, sayStack } from './output.ts';
import { diffCommand, replayCommand, traceCommand } from './recordings.ts';
import { runCommand } from './run.ts';

async function main(args: readonly string[]): Promise<number> {
  const command = parseCommandLine(args);
  switch (command.kind) {
    case 'help':
      process.stdout.write(HELP);
      return ExitCode.OK;
    case 'version':
      process.stdout.write(`pollux ${manifest.version}\n`);
      return ExitCode.OK;
    case 'run':
      return runCommand(command);
    case 'replay':
      return replayCommand(command);
    case 'trace':
      return traceCommand(command);
    case 'diff':
      return diffCommand(command);
  }
}

function explain(error: unknown): number {
  const isDebug = args
    .slice(0, args.includes('--') ? args.indexOf('--') : undefined)
    .includes('--debug');
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  say(message);
  if (isDebug) sayStack(stack);
  else if (!(error instanceof PolluxError))
    say('this is a bug, please report it; --debug says more');
  return exitCodeOf(error);
}

const args = process.argv.slice(2);
void main(args)
  .catch(explain)
  .then((code) => process.exit(code));

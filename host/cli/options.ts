// The grammar of the command line, and its help. The only place that reads options.

import { parseArgs } from 'node:util';
import { PolluxError } from '../base/pollux-error.ts';
import type { RunOptions } from '../runtime/guest.ts';
import { parseBytes, parseCount, parseDuration } from './quantity.ts';

export const HELP = `pollux runs WASI preview1 socket servers, in a sandbox, on the real kernel.

  pollux run GUEST.wasm [options] [-- ARGUMENTS OF THE GUEST]

  --listen [NAME=]ADDRESS  give the guest a listening socket: fd 3, then 4, and so on. ADDRESS is
                           tcp:HOST:PORT, tcp:[V6]:PORT or unix:PATH; port 0 picks a free one.
                           NAME (default listen0, listen1, ...) goes into LISTEN_FDNAMES.
  --nonblocking-listeners  listeners start non-blocking, as in wasmtime: what Go servers expect
  --env NAME=VALUE         give the guest an environment variable; --env NAME passes ours on.
  --max-fds N              the guest may have N descriptors open; by default as many as the process
                           may open now, less 32. More answer MFILE; clients wait in the backlog.
  --max-memory SIZE        what its memory may grow to: 64M, 1G
  --max-call-gap-ms N      end a guest that computes for longer than this between two host calls
  --drain-timeout TIME     on SIGTERM, SIGINT or SIGHUP, no new connections are taken, and those open
                           have TIME to finish (default 10s; with 0s the signal ends the guest at
                           once, as a second one does)
  --drain-delay TIME       go on as before for TIME after the signal (default 0s)
  --bad-pointer trap       trap when a guest passes a pointer that leaves its memory; else: FAULT
  --quiet                  do not say where the guest listens.
  --debug                  say more about errors, and what the guest did.

  pollux --help            this text
  pollux --version

A guest gets nothing that is not named here: no file, no address to connect to, no environment.
Exit codes: the guest's own, 0 when drained; 2 usage; 3 the drain ran out of time; 124 ended by a
limit; 125 ours; 126 module refused; 134 trap; 128 + n ended by signal n.
`;

/** The limits that were given; the others are the API's defaults. */
export type Limits = Pick<
  RunOptions,
  'maxFds' | 'maxMemoryBytes' | 'maxCallGapMs' | 'drainTimeoutMs' | 'drainDelayMs' | 'badPointer'
>;

export interface RunCommand {
  readonly kind: 'run';
  readonly guest: string;
  readonly args: readonly string[];
  readonly listen: readonly string[];
  readonly nonBlockingListeners: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly isQuiet: boolean;
  readonly isDebug: boolean;
}

export type Command = RunCommand | { readonly kind: 'help' } | { readonly kind: 'version' };

/**
 * Reads the words after the program's name.
 *
 * @throws PolluxError `USAGE`
 */
export function parseCommandLine(words: readonly string[]): Command {
  const [first] = words;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    return { kind: 'help' };
  }
  if (first === '--version' || first === '-V') return { kind: 'version' };
  if (first !== 'run') throw usage(`there is no command ${JSON.stringify(first)}; there is: run`);
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return parseRun(words.slice(1, end), words.slice(end + 1));
}

function parseRun(words: readonly string[], args: readonly string[]): Command {
  const { values, positionals } = parseWords(words);
  if (values.help === true) return { kind: 'help' };
  const [guest, extra] = positionals;
  if (guest === undefined) throw usage('run which guest? pollux run GUEST.wasm');
  if (extra !== undefined) {
    throw usage(
      `${JSON.stringify(extra)} is one guest too many; arguments for the guest come after --`,
    );
  }
  return {
    kind: 'run',
    guest,
    args,
    listen: values.listen ?? [],
    nonBlockingListeners: values['nonblocking-listeners'] ?? false,
    env: parseEnv(values.env ?? []),
    limits: { ...parseLimits(values), badPointer: parseBadPointer(values['bad-pointer']) },
    isQuiet: values.quiet ?? false,
    isDebug: values.debug ?? false,
  };
}

const OPTIONS = {
  listen: { type: 'string', multiple: true },
  'nonblocking-listeners': { type: 'boolean' },
  env: { type: 'string', multiple: true },
  'max-fds': { type: 'string' },
  'max-memory': { type: 'string' },
  'max-call-gap-ms': { type: 'string' },
  'drain-timeout': { type: 'string' },
  'drain-delay': { type: 'string' },
  'bad-pointer': { type: 'string' },
  quiet: { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Node's messages go on to explain; their first sentence names the option and what is wrong.
    const [sentence = ''] = (error as Error).message.split(/\.\s/);
    throw usage(`${sentence.replaceAll("'", '')}; pollux --help lists the options`, error);
  }
}

function parseLimits(values: Readonly<Record<string, unknown>>): Omit<Limits, 'badPointer'> {
  const limits: Partial<Record<Exclude<keyof Limits, 'badPointer'>, number>> = {};
  const read = (
    option: string,
    name: Exclude<keyof Limits, 'badPointer'>,
    parse: (option: string, text: string) => number,
  ): void => {
    const text = values[option];
    if (typeof text === 'string') limits[name] = parse(`--${option}`, text);
  };
  read('max-fds', 'maxFds', parseCount);
  read('max-memory', 'maxMemoryBytes', parseBytes);
  read('max-call-gap-ms', 'maxCallGapMs', parseCount);
  read('drain-timeout', 'drainTimeoutMs', parseDuration);
  read('drain-delay', 'drainDelayMs', parseDuration);
  return limits;
}

function parseBadPointer(text: string | undefined): 'errno' | 'trap' {
  if (text === undefined || text === 'errno') return 'errno';
  if (text === 'trap') return 'trap';
  throw usage(`--bad-pointer ${JSON.stringify(text)} is neither errno nor trap`);
}

function parseEnv(settings: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    const name = equals === -1 ? setting : setting.slice(0, equals);
    if (name === '') throw usage(`--env ${setting}: a name is missing; write --env NAME=VALUE`);
    const value = equals === -1 ? process.env[name] : setting.slice(equals + 1);
    if (value === undefined) {
      throw usage(`--env ${name}: ${name} is not set here; write --env ${name}=VALUE`);
    }
    env[name] = value;
  }
  return env;
}

function usage(message: string, cause?: unknown): PolluxError {
  return new PolluxError('USAGE', message, { cause });
}

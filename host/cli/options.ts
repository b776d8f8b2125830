// The grammar of the command line, and its help. The only place that reads options.

import { parseArgs, type ParseArgsConfig } from 'node:util';
import { PolluxError } from '../base/pollux-error.ts';
import type { RunOptions } from '../runtime/guest.ts';
import { parseBytes, parseCount, parseDuration } from './quantity.ts';

export const HELP = `pollux runs WASI preview1 socket servers, in a sandbox, on the real kernel.

  pollux run GUEST.wasm [options] [-- ARGUMENTS OF THE GUEST]

  --listen [NAME=]ADDRESS  give the guest a listening socket: fd 3, then 4, and so on. ADDRESS is
                           tcp:HOST:PORT, tcp:[V6]:PORT or unix:PATH; port 0 picks a free one.
                           NAME (default listen0, listen1, ...) goes into LISTEN_FDNAMES.
  --nonblocking-listeners  listeners start non-blocking, as in wasmtime: what Go servers expect
  --connect ADDRESS        give the guest a connection to ADDRESS, made before it starts: the number
                           that follows those of its listeners. No port 0.
  --connect-timeout TIME   how long each of these may take (default 10s)
  --allow-connect PATTERN  let the guest connect to PATTERN by itself: HOST:PORT, IPV4/LENGTH:PORT,
                           [IPV6]:PORT, [IPV6/LENGTH]:PORT or unix:/PATH; PORT is a number, a range
                           N-M, or *. A name stands for the addresses that it has at the start.
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
  --no-batching            send each answer before the guest goes on; by default small answers of one turn
                           go out together, with the guest's next call
  --no-io-uring            make every system call by itself; by default io_uring makes those of small
                           messages together, where the system allows it
  --trace[=CALL,...]       print a line for each call of the guest (or only of these) on standard error
  --trace-to FILE          print them to FILE instead: standard error is the guest's as well
  --record FILE            keep everything that enters the guest, to run it again without a kernel. FILE
                           must not exist; it holds users' bytes, and is for its owner's eyes only.
  --record-names-module    the recording names the guest's module by its hash and does not hold it; to run
                           it again takes the module, too
  --quiet                  do not say where the guest listens.
  --debug                  say more about errors, and what the guest did.

  pollux replay FILE [GUEST.wasm] [--until CALL] [--trace[=CALL,...]]
                           run a recording again, without the addon, to the same memory; it stops at
                           the first call that differs, and exits 1. CALL is a number, from 1.
  pollux trace FILE [GUEST.wasm] [--calls CALL,...]
                           print a recording, a line for each call, on standard output
  pollux diff FILE FILE    show where two recordings part: exit 0 when they are the same, else 1

  pollux --help            this text
  pollux --version

A guest gets nothing that is not named here: no file, no connection, no environment.
Exit codes: the guest's own, 0 when drained; 2 usage; 3 the drain ran out of time; 124 ended by a
limit; 125 ours; 126 module refused; 134 trap; 128 + n ended by signal n.
`;

/** The limits that were given; the others are the API's defaults. */
export type Limits = Pick<
  RunOptions,
  | 'maxFds'
  | 'maxMemoryBytes'
  | 'maxCallGapMs'
  | 'connectTimeoutMs'
  | 'drainTimeoutMs'
  | 'drainDelayMs'
  | 'badPointer'
  | 'batching'
  | 'ioUring'
>;

export interface RunCommand {
  readonly kind: 'run';
  readonly guest: string;
  readonly args: readonly string[];
  readonly listen: readonly string[];
  readonly nonBlockingListeners: boolean;
  readonly connect: readonly string[];
  readonly allowConnect: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly record: string | undefined;
  readonly recordNamesModule: boolean;
  readonly trace: TraceRequest | undefined;
  readonly isQuiet: boolean;
  readonly isDebug: boolean;
}

/** Which calls to print. */
export interface TraceRequest {
  /** All of them without it. */
  readonly calls?: readonly string[];
  /** A file; standard error without it. */
  readonly file?: string;
}

export interface ReplayCommand {
  readonly kind: 'replay';
  readonly file: string;
  /** The module, for a recording that only names it. */
  readonly guest: string | undefined;
  readonly untilCall: number | undefined;
  readonly trace: TraceRequest | undefined;
  readonly isDebug: boolean;
}

export interface TraceCommand {
  readonly kind: 'trace';
  readonly file: string;
  readonly guest: string | undefined;
  readonly calls: readonly string[] | undefined;
}

export interface DiffCommand {
  readonly kind: 'diff';
  readonly files: readonly [string, string];
}

export type Command =
  | RunCommand
  | ReplayCommand
  | TraceCommand
  | DiffCommand
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

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
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const own = words.slice(1, end).map((word) => (word === '--trace' ? '--trace=' : word));
  switch (first) {
    case 'run':
      return parseRun(own, words.slice(end + 1));
    case 'replay':
      return parseReplay(own);
    case 'trace':
      return parseTraceCommand(own);
    case 'diff':
      return parseDiff(own);
    default:
      throw usage(
        `there is no command ${JSON.stringify(first)}; there are run, replay, trace and diff`,
      );
  }
}

function parseRun(words: readonly string[], args: readonly string[]): Command {
  const { values, positionals } = parseWords(words, RUN_OPTIONS);
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
    connect: values.connect ?? [],
    allowConnect: values['allow-connect'] ?? [],
    env: parseEnv(values.env ?? []),
    limits: {
      ...parseLimits(values),
      badPointer: parseBadPointer(values['bad-pointer']),
      batching: values['no-batching'] !== true,
      ioUring: values['no-io-uring'] !== true,
    },
    record: values.record,
    recordNamesModule: checkRecording(values.record, values['record-names-module'] ?? false),
    trace: parseTrace(values.trace, values['trace-to']),
    isQuiet: values.quiet ?? false,
    isDebug: values.debug ?? false,
  };
}

function checkRecording(record: string | undefined, namesModule: boolean): boolean {
  if (!namesModule || record !== undefined) return namesModule;
  throw usage('--record-names-module is about a recording; add --record FILE');
}

const RUN_OPTIONS = {
  listen: { type: 'string', multiple: true },
  'nonblocking-listeners': { type: 'boolean' },
  connect: { type: 'string', multiple: true },
  'connect-timeout': { type: 'string' },
  'allow-connect': { type: 'string', multiple: true },
  env: { type: 'string', multiple: true },
  'max-fds': { type: 'string' },
  'max-memory': { type: 'string' },
  'max-call-gap-ms': { type: 'string' },
  'drain-timeout': { type: 'string' },
  'drain-delay': { type: 'string' },
  'bad-pointer': { type: 'string' },
  'no-batching': { type: 'boolean' },
  'no-io-uring': { type: 'boolean' },
  record: { type: 'string' },
  'record-names-module': { type: 'boolean' },
  trace: { type: 'string' },
  'trace-to': { type: 'string' },
  quiet: { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const REPLAY_OPTIONS = {
  until: { type: 'string' },
  trace: { type: 'string' },
  'trace-to': { type: 'string' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const TRACE_OPTIONS = {
  calls: { type: 'string' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const DIFF_OPTIONS = {
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function parseReplay(words: readonly string[]): Command {
  const { values, positionals } = parseWords(words, REPLAY_OPTIONS);
  if (values.help === true) return { kind: 'help' };
  const [file, guest] = checkFiles(
    'replay',
    positionals,
    'pollux replay FILE [GUEST.wasm]',
    [1, 2],
  );
  const untilCall = values.until === undefined ? undefined : parseCount('--until', values.until);
  const trace = parseTrace(values.trace, values['trace-to']);
  return { kind: 'replay', file, guest, untilCall, trace, isDebug: values.debug ?? false };
}

function parseTraceCommand(words: readonly string[]): Command {
  const { values, positionals } = parseWords(words, TRACE_OPTIONS);
  if (values.help === true) return { kind: 'help' };
  const [file, guest] = checkFiles('trace', positionals, 'pollux trace FILE [GUEST.wasm]', [1, 2]);
  return { kind: 'trace', file, guest, calls: values.calls?.split(',').filter(Boolean) };
}

function parseDiff(words: readonly string[]): Command {
  const { values, positionals } = parseWords(words, DIFF_OPTIONS);
  if (values.help === true) return { kind: 'help' };
  const [left, right = ''] = checkFiles('diff', positionals, 'pollux diff FILE FILE', [2, 2]);
  return { kind: 'diff', files: [left, right] };
}

function checkFiles(
  command: string,
  files: readonly string[],
  form: string,
  [least, most]: readonly [number, number],
): readonly [string, string | undefined] {
  const [first, second] = files;
  if (first !== undefined && files.length >= least && files.length <= most) return [first, second];
  throw usage(`${command} takes ${least === most ? '' : `${least} or `}${most} files: ${form}`);
}

/** `--trace`, `--trace=CALL,CALL`, and where to. */
function parseTrace(calls: string | undefined, file: string | undefined): TraceRequest | undefined {
  if (calls === undefined && file === undefined) return undefined;
  const names = (calls ?? '').split(',').filter(Boolean);
  return {
    ...(names.length === 0 ? {} : { calls: names }),
    ...(file === undefined ? {} : { file }),
  };
}

function parseWords<T extends NonNullable<ParseArgsConfig['options']>>(
  words: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    // Node's messages go on to explain; their first sentence names the option and what is wrong.
    const [sentence = ''] = (error as Error).message.split(/\.\s/);
    throw usage(`${sentence.replaceAll("'", '')}; pollux --help lists the options`, error);
  }
}

type Quantities = Omit<Limits, 'badPointer' | 'batching' | 'ioUring'>;

function parseLimits(values: Readonly<Record<string, unknown>>): Quantities {
  const limits: Partial<Record<keyof Quantities, number>> = {};
  const read = (
    option: string,
    name: keyof Quantities,
    parse: (option: string, text: string) => number,
  ): void => {
    const text = values[option];
    if (typeof text === 'string') limits[name] = parse(`--${option}`, text);
  };
  read('max-fds', 'maxFds', parseCount);
  read('max-memory', 'maxMemoryBytes', parseBytes);
  read('max-call-gap-ms', 'maxCallGapMs', parseCount);
  read('connect-timeout', 'connectTimeoutMs', parseDuration);
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

// The package as a user has it: packed, and installed in an empty project on a machine that has
// node and npm, no compiler, and no registry to reach. Packing and installing happens once.

import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { within } from '../e2e/support/deadline.ts';
import { ask, assertFree } from '../e2e/support/target.ts';
import { suite } from '../support/suite.ts';
import { FOLDER_PREFIX, makeCheckout, makeCommands, makeFolder, REPOSITORY } from './checkout.ts';

const SECONDS_MAX = 60;
const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc');

const test = suite('the package');

const commands = makeCommands();
const unavailable =
  process.platform !== 'linux'
    ? `a package is made on Linux, not on ${process.platform}`
    : spawnSync('cc', ['--version']).error !== undefined
      ? 'there is no C compiler to pack with'
      : typeof commands === 'string'
        ? commands
        : undefined;
const onLinux = (title: string, body: () => Promise<void>): void =>
  unavailable === undefined ? test(title, body) : test.skip(title, unavailable);

interface Project {
  readonly folder: string;
  /** Of every process that is run there. */
  readonly env: Readonly<Record<string, string>>;
  /** What npm said. */
  readonly output: string;
}

let installed: Project | undefined;

/** An empty project in which the package is installed. */
function install(): Project {
  if (installed !== undefined) return installed;
  const [checkout, tarballs, folder, home] = [
    makeCheckout(),
    makeFolder(),
    makeFolder(),
    makeFolder(),
  ];
  const packed = spawnSync('npm', ['pack', '--pack-destination', tarballs], {
    cwd: checkout,
    encoding: 'utf8',
  });
  assert.is(packed.status, 0, packed.stdout + packed.stderr);
  const [tarball = ''] = readdirSync(tarballs);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const env = {
    PATH: (commands as { path: string }).path,
    HOME: home,
    // Refuses every connection.
    npm_config_registry: 'http://127.0.0.1:1/',
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
  };
  const args = ['install', '--foreground-scripts', join(tarballs, tarball)];
  const result = spawnSync('npm', args, { cwd: folder, env, encoding: 'utf8' });
  const output = result.stdout + result.stderr;
  assert.is(result.status, 0, output);
  installed = { folder, env, output };
  return installed;
}

/** The files of the installed package, by their paths in it. */
function installedFiles(): Map<string, Buffer> {
  const root = join(install().folder, 'node_modules/pollux');
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(root, path)).isFile());
  return new Map(files.map((path) => [path, readFileSync(join(root, path))]));
}

onLinux('it installs without a compiler, a registry or another package', async () => {
  const { folder, env, output } = install();
  assert.is((spawnSync('cc', { env }).error as NodeJS.ErrnoException).code, 'ENOENT');
  assert.match(output, /^added 1 package/m);
  assert.match(output, /^pollux native: prebuilt$/m);
  assert.not(existsSync(join(folder, 'node_modules/pollux/build/native')));
});

onLinux('its command serves, and ends on a signal', async () => {
  const { folder, env } = install();
  const guest = 'node_modules/pollux/build/rot13-echo.wasm';
  const args = ['pollux', 'run', guest, '--listen', 'tcp:127.0.0.1:0'];
  // A process group, as a terminal has one: what npx starts gets the signal, too.
  const child = spawn('npx', args, { cwd: folder, env, detached: true, stdio: 'pipe' });
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  let said = '';
  try {
    const listening = new Promise<string>((done, fail) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const address = /^pollux: listening on (\S+) /m.exec(said)?.[1];
        if (address !== undefined) done(address);
      });
      void closed.then(() => fail(new Error(`it ended: ${said}`)));
    });
    const address = await within(SECONDS_MAX, listening, () => `it does not listen: ${said}`);
    assert.is(await within(SECONDS_MAX, ask(address, 'Hello\n'), () => 'no answer'), 'Uryyb\n');
    process.kill(-child.pid!, 'SIGTERM');
    await within(SECONDS_MAX, closed, () => `it does not end: ${said}`);
    await assertFree(address);
  } finally {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
  }
});

onLinux('its API runs a guest', async () => {
  const { folder, env } = install();
  const program = `
    import { PolluxError, run } from 'pollux';
    const guest = await run('node_modules/pollux/build/rot13-echo.reactor.wasm', {
      listen: ['tcp:127.0.0.1:0'],
    });
    console.log(guest.kernel, (await guest.stop()).reason);
    const error = await run('nowhere.wasm').catch((reason) => reason);
    console.log(error instanceof PolluxError, error.code);`;
  writeFileSync(join(folder, 'embed.js'), program);
  const { stdout, stderr } = spawnSync('node', ['embed.js'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  assert.match(stdout, /^native kernel, epoll( and io_uring)? stopped\ntrue MODULE_NOT_FOUND\n$/);
});

/** Wrong uses are marked: types that allowed everything would fail here. */
const USES = `
import { type Guest, type GuestStats, PolluxError, run } from 'pollux';

const guest: Guest = await run('guest.wasm', { listen: ['tcp:127.0.0.1:0'], maxFds: 100 });
const stats: GuestStats = guest.stats();
export const facts: (string | number)[] = [...guest.addresses, stats.sentBytes];
export const isOurs = (error: unknown): boolean =>
  error instanceof PolluxError && error.code === 'CANNOT_LISTEN';
// @ts-expect-error a number is no module
await run(5);
// @ts-expect-error no such option
await run('guest.wasm', { listne: [] });
// @ts-expect-error no such figure
stats.nothing;
`;

/** As a program for Node is compiled, and as one that is bundled, with nothing of Node's. */
const COMPILERS = {
  nodenext: ['--module', 'nodenext', '--lib', 'es2023', '--types', 'node'],
  bundler: ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom'],
};

onLinux('its types are those of the API, whichever way they are looked for', async () => {
  const { folder } = install();
  writeFileSync(join(folder, 'uses.ts'), USES);
  const types = join(REPOSITORY, 'node_modules/@types');
  const common = ['uses.ts', '--noEmit', '--strict', '--target', 'es2022', '--typeRoots', types];
  await Promise.all(
    Object.values(COMPILERS).map(async (options) => {
      try {
        await promisify(execFile)('node', [TSC, ...common, ...options], { cwd: folder });
      } catch (error) {
        // What the compiler says, which the message of the error does not.
        assert.unreachable((error as { stdout: string }).stdout);
      }
    }),
  );
});

/** All that may be in it. */
const FILES: readonly RegExp[] = [
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
  /^dist\/[^/]+\.c?js$/,
  /^dist\/types\/.*\.d\.ts$/,
  /^build\/(?!guest-kernels)[\w.-]+\.wasm$/,
  /^docs\/(?!dependencies|releasing).*\.(?:md|svg)$/,
  // What compiles an addon where the prebuilt one is of no use.
  /^prebuilds\/linux-\w+\/pollux\.node$/,
  /^native-host\/[\w/-]+\.[ch]$/,
  /^build\/node-api-headers\/(?:LICENSE|include\/\w+\.h)$/,
  /^scripts\/install-native\.mjs$/,
];

onLinux('it holds what a user needs and no more', async () => {
  const paths = [...installedFiles().keys()];
  assert.equal(
    paths.filter((path) => !FILES.some((pattern) => pattern.test(path))),
    [],
  );
  for (const pattern of FILES) {
    assert.ok(
      paths.some((path) => pattern.test(path)),
      `nothing is ${pattern.source}`,
    );
  }
  for (const path of ['README.md', 'LICENSE', 'dist/cli.cjs', 'dist/types/index.d.ts']) {
    assert.ok(paths.includes(path), path);
  }
});

onLinux('no file of it names a source map, or a folder of where it was packed', async () => {
  const [packages, checkout] = [join(REPOSITORY, 'node_modules'), FOLDER_PREFIX];
  for (const [path, bytes] of installedFiles()) {
    assert.not(bytes.includes('sourceMappingURL'), path);
    assert.not(bytes.includes(packages) || bytes.includes(checkout), path);
  }
});

test.run();

// The twin in a page does what it does in Node, to the last call: the same seed, the same hash. In a
// headless Chromium, where one is found: CHROMIUM names it, or it lies in the path.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { ROT13 } from './modules.ts';
import { liveHashes } from './page-world.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chromium-headless-shell'];
const TIMEOUT_MS = 60_000;

const test = suite('the twin in headless Chromium');
const title = 'the same seed gives the same trace hash in Node and in a page';

const chromium = findChromium();
if (chromium === undefined) {
  test.skip(title, 'no Chromium is found; CHROMIUM may name one');
} else {
  test(title, async () => {
    const modules = [...ROT13.values()];
    const expected = await liveHashes(modules);
    assert.is(new Set(expected).size, expected.length);
    assert.is(await inPage(chromium, modules), expected.join(' '));
  });
}

test.run();

function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'] ?? '';
  const names = named === '' ? NAMES : [named];
  return names.find((name) => spawnSync(name, ['--version']).status === 0);
}

/**
 * Runs {@link liveHashes} in a page. The page says when it is done: a browser's virtual time does not
 * wait for what it compiles on another thread.
 *
 * @returns what the page sent
 */
async function inPage(program: string, modules: readonly Uint8Array[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-page-'));
  let tell: (text: string) => void = () => undefined;
  const sent = new Promise<string>((resolve) => (tell = resolve));
  const page = await pageOf(modules);
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(request.url === '/' ? page : '');
    if (request.method !== 'POST') return;
    request.setEncoding('utf8').once('data', (text: string) => tell(text));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const browser = spawn(
    program,
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'],
      ...[`--user-data-dir=${folder}`, `http://127.0.0.1:${port}/`],
    ],
    { stdio: 'ignore', detached: true },
  );
  const ended = once(browser, 'exit');
  const timer = setTimeout(() => tell('nothing in time'), TIMEOUT_MS);
  void ended.then(() => tell('the browser ended'));
  try {
    return await sent;
  } finally {
    clearTimeout(timer);
    // The group: a browser is many processes.
    if (browser.pid !== undefined && browser.exitCode === null)
      process.kill(-browser.pid, 'SIGKILL');
    await ended;
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function pageOf(modules: readonly Uint8Array[]): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('page-world.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'page',
    write: false,
  });
  const encoded = modules.map((bytes) => Buffer.from(bytes).toString('base64'));
  const script = `${result.outputFiles[0]?.text ?? ''}
    const modules = ${JSON.stringify(encoded)}.map((text) =>
      Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
    const send = (body) => fetch('/', { method: 'POST', body });
    page.liveHashes(modules).then((hashes) => send(hashes.join(' ')), (error) => send(String(error)));`;
  return `<!doctype html><script>${script.replaceAll('</', '<\\/')}</script>`;
}

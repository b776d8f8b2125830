// The twin in a page does what it does in Node, to the last call: the same seed, the same hash. In a
// headless Chromium, where one is found: CHROMIUM names it, or it lies in the path.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
/** Of the page's own time: more than its worlds take. */
const PAGE_TIME_MS = 20_000;

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

/** Runs {@link liveHashes} in a page. @returns what it wrote there */
async function inPage(program: string, modules: readonly Uint8Array[]): Promise<string> {
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
    page.liveHashes(modules).then(
      (hashes) => { document.body.textContent = hashes.join(' '); },
      (error) => { document.body.textContent = String(error); });`;
  const folder = mkdtempSync(join(tmpdir(), 'pollux-page-'));
  try {
    const path = join(folder, 'page.html');
    writeFileSync(
      path,
      `<!doctype html><body></body><script>${script.replaceAll('</', '<\\/')}</script>`,
    );
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${folder}/profile`,
    ];
    const time = `--virtual-time-budget=${PAGE_TIME_MS}`;
    const { stdout } = spawnSync(program, [...flags, time, '--dump-dom', `file://${path}`], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    return (
      /<body>(?<text>.*?)(?:<script|<\/body>)/s.exec(stdout)?.groups?.['text']?.trim() ?? stdout
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Copies of the repository to pack, so that a test changes nothing in it, and a machine's worth of
// commands to use the package with.

import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** What the name of every folder begins with that is made here. */
export const FOLDER_PREFIX = 'pollux-package-';

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder, which is removed when the process ends. */
export function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), FOLDER_PREFIX)));
  folders.push(folder);
  return folder;
}

/** All that packing needs. What is built keeps its time, and is not built again. */
const NAMES = [
  ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', 'docs'],
  ...['host', 'assembly', 'asconfig.json', 'native-host', 'scripts'],
  ...['tsconfig.json', 'tsconfig.types.json', 'build/native'],
];

/** A copy of the repository with the same packages and builds. */
export function makeCheckout(): string {
  const folder = makeFolder();
  const guests = readdirSync(join(REPOSITORY, 'build')).filter((name) => name.endsWith('.wasm'));
  for (const name of [...NAMES, ...guests.map((guest) => `build/${guest}`)]) {
    cpSync(join(REPOSITORY, name), join(folder, name), {
      recursive: true,
      preserveTimestamps: true,
    });
  }
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const COMMANDS = ['node', 'npm', 'npx', 'sh'];

/** A folder with node, npm, npx and sh, to be the whole PATH; or (a string) why there is none. */
export function makeCommands(): { readonly path: string } | string {
  const path = makeFolder();
  for (const name of COMMANDS) {
    const found = name === 'node' ? process.execPath : whereIs(name);
    if (found === undefined) return `there is no ${name}`;
    // A manager of versions puts a script of its own there, which needs other commands.
    if (name.startsWith('np') && basename(found) !== `${name}-cli.js`) return `${name} is no npm's`;
    symlinkSync(found, join(path, name));
  }
  return { path };
}

function whereIs(name: string): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  const path = paths.find((each) => existsSync(each));
  return path === undefined ? undefined : realpathSync(path);
}

// The rules of the house, kept by the sources, and each rule shown to fail on a planted source.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { layerProblems, machinePathProblems } from './layers.ts';
import { repositoryFiles } from './repository.ts';

const test = suite('the rules of the house');

const files = repositoryFiles();
const CODE = /^(?:host|assembly|native-host|tests|bench|examples|scripts)\//;
const sources = new Map([...files].filter(([path]) => CODE.test(path)));

test('the sources are found', () => {
  assert.ok(sources.has('host/kernel/kernel.ts'));
  assert.ok([...sources.keys()].some((path) => path.startsWith('assembly/')));
  assert.ok(sources.size > 50);
});

test('the sources keep the rules', () => {
  assert.equal(layerProblems(sources), []);
});

test('no file names a path of a developer’s machine', () => {
  assert.equal(machinePathProblems(files), []);
});

/** A file that breaks a rule, among files that do not. */
const PLANTED: readonly { rule: string; path: string; text: string; says: RegExp }[] = [
  {
    rule: 'base imports nothing of the house',
    path: 'host/base/planted.ts',
    text: `import type { Kernel } from '../kernel/kernel.ts';`,
    says: /above it/,
  },
  {
    rule: 'base imports nothing from outside either',
    path: 'host/base/planted.ts',
    text: `import { join } from 'node:path';`,
    says: /base imports nothing/,
  },
  {
    rule: 'the kernel interface does not import the boundary above it',
    path: 'host/kernel/planted.ts',
    text: `import { pollOneoff } from '../wasi/poll.ts';`,
    says: /above it/,
  },
  {
    rule: 'a kernel does not import the boundary above it',
    path: 'host/kernel/native/planted.ts',
    text: `import '../../wasi/layout.ts';`,
    says: /above it/,
  },
  {
    rule: 'kernels never import each other',
    path: 'host/kernel/sim/planted.ts',
    text: `export { NativeKernel } from '../native/native-kernel.ts';`,
    says: /imports another/,
  },
  {
    rule: 'the boundary never imports a kernel',
    path: 'host/wasi/planted.ts',
    text: `import { NativeKernel } from '../kernel/native/native-kernel.ts';`,
    says: /depends on the kernel file/,
  },
  {
    rule: 'the boundary never imports a kernel by way of another file',
    path: 'host/wasi/planted.ts',
    text: `import { openLiveKernel } from '../kernel/choose.ts';`,
    says: /depends on the kernel file/,
  },
  {
    rule: 'only choose.ts names a live kernel',
    path: 'host/runtime/planted.ts',
    text: `const { NativeKernel } = await import('../kernel/native/native-kernel.ts');`,
    says: /names a live kernel/,
  },
  {
    rule: 'the boundary does not import recording',
    path: 'host/wasi/planted.ts',
    text: `type Trace = import('../trace/format.ts').Trace;`,
    says: /above it/,
  },
  {
    rule: 'the runtime does not import the public API',
    path: 'host/runtime/planted.ts',
    text: `export * from '../index.ts';`,
    says: /above it/,
  },
  {
    rule: 'the public API does not import the command line',
    path: 'host/index.ts',
    text: `import { main } from './cli/main.ts';`,
    says: /above it/,
  },
  {
    rule: 'a folder of host/ has its floor',
    path: 'host/attic/planted.ts',
    text: `import '../base/errno.ts';`,
    says: /stands on no floor/,
  },
  {
    rule: 'host does not import assembly',
    path: 'host/wasi/planted.ts',
    text: `import { AGAIN } from '../../assembly/abi/wasip1-layout.ts';`,
    says: /never import each other/,
  },
  {
    rule: 'assembly does not import host',
    path: 'assembly/net/planted.ts',
    text: `import { Errno } from '../../host/base/errno.ts';`,
    says: /never import each other/,
  },
  {
    rule: 'there are no circles',
    path: 'host/base/planted.ts',
    text: `import { other } from './other.ts';`,
    says: /circle/,
  },
  {
    rule: 'only binding.ts loads the addon',
    path: 'host/kernel/native/planted.ts',
    text: `import { createRequire } from 'node:module';`,
    says: /loads the addon/,
  },
  {
    rule: 'only binding.ts loads the addon, in whatever way',
    path: 'host/runtime/planted.ts',
    text: `process.dlopen(module, path);`,
    says: /loads the addon/,
  },
  {
    rule: 'randomness without a seed is only in prng.ts',
    path: 'tests/planted.ts',
    text: `const at = Math.random();`,
    says: /Math\.random/,
  },
  {
    rule: 'only a kernel reads Date.now',
    path: 'host/runtime/planted.ts',
    text: `const start = Date.now();`,
    says: /reads a clock/,
  },
  {
    rule: 'only a kernel reads the date',
    path: 'host/runtime/planted.ts',
    text: `const start = new Date();`,
    says: /reads a clock/,
  },
  {
    rule: 'a long file says why',
    path: 'native-host/core/planted.c',
    text: 'int x;\n'.repeat(401),
    says: /401 lines/,
  },
];

for (const { rule, path, text, says } of PLANTED) {
  test(`${rule}: a file that breaks it is found`, () => {
    const problems = layerProblems(withPlanted(path, text));
    assert.ok(
      problems.some((problem) => problem.startsWith(`${path}: `) && says.test(problem)),
      problems.join('\n'),
    );
  });
}

/** Files that keep the rules, and one more. */
function withPlanted(path: string, text: string): Map<string, string> {
  return new Map([
    ['host/base/errno.ts', ''],
    ['host/base/other.ts', `import { planted } from './planted.ts';`],
    ['host/kernel/kernel.ts', ''],
    ['host/kernel/choose.ts', `import { NativeKernel } from './native/native-kernel.ts';`],
    ['host/kernel/native/native-kernel.ts', `import type { Kernel } from '../kernel.ts';`],
    ['host/wasi/poll.ts', `import type { Kernel } from '../kernel/kernel.ts';`],
    ['host/trace/format.ts', `import '../wasi/poll.ts';`],
    ['host/runtime/instance.ts', `import { openLiveKernel } from '../kernel/choose.ts';`],
    ['host/cli/main.ts', `import '../index.ts'; import '../runtime/instance.ts';`],
    [path, text],
  ]);
}

test('files that keep the rules give no problem', () => {
  assert.equal(layerProblems(withPlanted('host/base/planted.ts', '')), []);
  const long = `// Over 400 lines because it is a table.\n${'0;\n'.repeat(500)}`;
  assert.equal(layerProblems(withPlanted('host/base/planted.ts', long)), []);
});

test('a circle of types alone is none when the program runs', () => {
  const types = `import type { other } from './other.ts';`;
  assert.equal(layerProblems(withPlanted('host/base/planted.ts', types)), []);
});

test('what a comment or a string says is no import and no call', () => {
  const text = `// import '../wasi/poll.ts'; Math.random() Date.now()
    const text = "import '../wasi/poll.ts'; Date.now()";`;
  assert.equal(layerProblems(withPlanted('host/kernel/planted.ts', text)), []);
});

test('a path of a machine is found, and a part of another path is none', () => {
  const folder = (name: string): string => `/${name}/someone/file`;
  const planted = new Map([
    ['a.md', `see ${folder('home')}`],
    ['b.ts', `const path = '${folder('root')}';`],
    ['c.json', `\n{ "at": "${folder('work')}" }`],
    ['d.md', `https://example.org${folder('home')} and src${folder('root')}`],
  ]);
  assert.equal(
    machinePathProblems(planted).map((problem) => problem.split(': ')[0]),
    ['a.md:1', 'b.ts:1', 'c.json:2'],
  );
});

test.run();

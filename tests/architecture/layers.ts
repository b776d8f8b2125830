// The rules of the house, as a function over a map of path -> text, so that each rule can be shown
// to fail. Imports are read from TypeScript's syntax tree, never guessed from the text.

import { posix } from 'node:path';
import ts from 'typescript';

/** A source tree: paths from the repository's root, with `/`. */
export type Sources = ReadonlyMap<string, string>;

const LINES_MAX = 400;
const LINES_REASON = 'Over 400 lines because';
/** How far from the top the reason may stand. */
const LINES_HEADER = 20;

const BINDING = 'host/kernel/native/binding.ts';
const CHOOSE = 'host/kernel/choose.ts';
/** The kernels that stand on a real system. */
const LIVE_KERNELS: readonly string[] = ['native'];

/** From below to above: each floor uses only what is below it, or itself. */
const FLOORS: readonly (readonly string[])[] = [
  ['base'],
  ['kernel'],
  ['wasi'],
  ['trace'],
  ['runtime'],
  ['explore', 'index.ts', 'sim.ts'],
  ['cli'],
];

interface Import {
  readonly from: string;
  readonly to: string;
  /** It leaves nothing in the program. */
  readonly isTypeOnly: boolean;
}

/** Every broken rule, as `path: what is wrong`. */
export function layerProblems(sources: Sources): string[] {
  const host = parse(sources, 'host/');
  const imports = host.flatMap(importsOf);
  return [
    ...floorProblems(imports),
    ...baseProblems(imports),
    ...kernelProblems(imports),
    ...reachProblems(imports),
    ...worldProblems([...imports, ...parse(sources, 'assembly/').flatMap(importsOf)]),
    ...circleProblems(imports),
    ...host.flatMap(addonProblems),
    ...parse(sources, '').flatMap(randomProblems),
    ...host.flatMap(clockProblems),
    ...[...sources].flatMap(([path, text]) => lengthProblems(path, text)),
  ];
}

/** Lines that name a folder of someone's machine, of any files: `path:line: ...`. */
export function machinePathProblems(files: Sources): string[] {
  // Put together, so that this file does not name them itself.
  const names = ['work', 'root', 'home', 'Users'].join('|');
  const pattern = new RegExp(`(?<![\\w.~})$/-])/(?:${names})/`);
  return [...files].flatMap(([path, text]) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: names a path of a machine`] : [],
      ),
  );
}

// ---- imports ----------------------------------------------------------------------------------

function parse(sources: Sources, folder: string): ts.SourceFile[] {
  return [...sources]
    .filter(([path]) => path.startsWith(folder) && /\.(?:ts|mjs|js)$/.test(path))
    .map(([path, text]) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
}

function importsOf(file: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  visit(file, (node) => {
    const found = specifierOf(node);
    if (found === undefined) return;
    const { specifier, isTypeOnly } = found;
    const isRelative = specifier.startsWith('.');
    const to = isRelative ? posix.join(posix.dirname(file.fileName), specifier) : specifier;
    imports.push({ from: file.fileName, to, isTypeOnly });
  });
  return imports;
}

function specifierOf(node: ts.Node): { specifier: string; isTypeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node)) {
    const isTypeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return literal(node.moduleSpecifier, isTypeOnly);
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return literal(node.moduleSpecifier, node.isTypeOnly);
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return literal(node.argument.literal, true);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return literal(node.arguments[0], false);
  }
  return undefined;
}

function literal(
  node: ts.Node | undefined,
  isTypeOnly: boolean,
): { specifier: string; isTypeOnly: boolean } | undefined {
  if (node === undefined || !ts.isStringLiteralLike(node)) return undefined;
  return { specifier: node.text, isTypeOnly };
}

function visit(node: ts.Node, seen: (node: ts.Node) => void): void {
  seen(node);
  ts.forEachChild(node, (child) => visit(child, seen));
}

// ---- the rules --------------------------------------------------------------------------------

function floorProblems(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const [below, above] = [floorOf(from), floorOf(to)];
    if (below === undefined) return [`${from}: stands on no floor of the house`];
    if (above === undefined || above <= below) return [];
    return [`${from}: imports ${to}, which is above it`];
  });
}

/** The index of a file's floor, or undefined for what is not in the house. */
function floorOf(path: string): number | undefined {
  const [top, name] = path.split('/');
  if (top !== 'host' || name === undefined) return undefined;
  const index = FLOORS.findIndex((names) => names.includes(name));
  return index === -1 ? undefined : index;
}

function baseProblems(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => from.startsWith('host/base/') && !to.startsWith('host/base/'))
    .map(({ from, to }) => `${from}: base imports nothing, and this imports ${to}`);
}

/** The kernel that a file belongs to: `native` of host/kernel/native/binding.ts. */
function kernelOf(path: string): string | undefined {
  return /^host\/kernel\/(?<name>[^/]+)\//.exec(path)?.groups?.['name'];
}

function kernelProblems(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const [user, used] = [kernelOf(from), kernelOf(to)];
    if (used === undefined || user === used) return [];
    if (user !== undefined) return [`${from}: a kernel imports another, ${to}`];
    if (LIVE_KERNELS.includes(used) && from !== CHOOSE) {
      return [`${from}: names a live kernel, ${to}; only ${CHOOSE} does`];
    }
    return [];
  });
}

/** The sandbox boundary must not depend on a kernel, by whatever way round. */
function reachProblems(imports: readonly Import[]): string[] {
  const graph = graphOf(imports);
  const starts = [...graph.keys()].filter((path) => /^host\/(?:wasi|trace)\//.test(path));
  return starts.flatMap((start) =>
    [...reachable(graph, start)]
      .filter((path) => kernelOf(path) !== undefined)
      .map((path) => `${start}: depends on the kernel file ${path}`),
  );
}

function worldProblems(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => {
      const [user, used] = [from.split('/')[0], to.split('/')[0]];
      return (user === 'host' && used === 'assembly') || (user === 'assembly' && used === 'host');
    })
    .map(({ from, to }) => `${from}: host and assembly never import each other, and this ${to}`);
}

/** Imports of types alone are left out: they are gone when the program runs. */
function circleProblems(imports: readonly Import[]): string[] {
  const graph = graphOf(imports.filter(({ isTypeOnly }) => !isTypeOnly));
  return [...graph.keys()]
    .filter((path) => [...(graph.get(path) ?? [])].some((to) => reachable(graph, to).has(path)))
    .map((path) => `${path}: is part of a circle of imports`);
}

function graphOf(imports: readonly Import[]): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { from, to } of imports) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  return graph;
}

/** What can be come to from `start`, itself included. */
function reachable(graph: ReadonlyMap<string, ReadonlySet<string>>, start: string): Set<string> {
  const seen = new Set([start]);
  // A set goes on to what is added while it is gone through.
  for (const path of seen) for (const next of graph.get(path) ?? []) seen.add(next);
  return seen;
}

function addonProblems(file: ts.SourceFile): string[] {
  if (file.fileName === BINDING) return [];
  const problems: string[] = [];
  visit(file, (node) => {
    const loads =
      (ts.isIdentifier(node) && node.text === 'createRequire') ||
      isMember(node, 'process', 'dlopen') ||
      (ts.isStringLiteralLike(node) && node.text.endsWith('.node'));
    if (loads) problems.push(`${file.fileName}: loads the addon; only ${BINDING} does`);
  });
  return problems;
}

function randomProblems(file: ts.SourceFile): string[] {
  if (posix.basename(file.fileName) === 'prng.ts') return [];
  const problems: string[] = [];
  visit(file, (node) => {
    if (isMember(node, 'Math', 'random')) {
      problems.push(`${file.fileName}: Math.random; randomness with a seed comes from prng.ts`);
    }
  });
  return problems;
}

function clockProblems(file: ts.SourceFile): string[] {
  if (kernelOf(file.fileName) !== undefined) return [];
  const problems: string[] = [];
  visit(file, (node) => {
    const isDate =
      ts.isNewExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'Date' &&
      (node.arguments?.length ?? 0) === 0;
    if (isDate || isMember(node, 'Date', 'now')) {
      problems.push(`${file.fileName}: reads a clock; only a kernel does`);
    }
  });
  return problems;
}

function isMember(node: ts.Node, object: string, name: string): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === object &&
    node.name.text === name
  );
}

function lengthProblems(path: string, text: string): string[] {
  if (!/^(?:host|assembly|native-host)\/.*\.(?:ts|c|h)$/.test(path)) return [];
  const lines = text.trimEnd().split('\n');
  if (lines.length <= LINES_MAX) return [];
  if (lines.slice(0, LINES_HEADER).some((line) => line.includes(LINES_REASON))) return [];
  return [`${path}: has ${lines.length} lines and does not say at its top why`];
}

// Fills in what the pages of the course print: what a program says in the twin, the lines of a file,
// what a bug shows, what an experiment prints. Each stands between two comments of a page:
//
//     <!-- run: NAME -->            ... <!-- end -->     a scene of scenes.mjs, in the twin
//     <!-- quote: FILE | FROM | TO -->  ... <!-- end --> lines of a file: from the one that has FROM to the
//                                                    next that has TO
//     <!-- bug: ID -->              ... <!-- end -->     a row of tests/course/seed-bugs.ts
//     <!-- experiment: NAME -->     ... <!-- end -->     the output of experiments/NAME.c
//
//     node --import tsx docs/course/transcripts.mjs                 writes all but experiments
//     node --import tsx docs/course/transcripts.mjs --experiments   writes those too: what is quoted
//                                                                   is Linux 6.18's
// It needs `npm run build`.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { show } from '../../tests/course/seed-bug.ts';
import { bugs } from '../../tests/course/seed-bugs.ts';
import { runExperiment } from './experiments/run.mjs';
import { scenes } from './scenes.mjs';

const folder = new URL('.', import.meta.url);
const repository = new URL('../../', import.meta.url);
const PLACE = /(<!-- (run|quote|bug|experiment): (.+?) -->\n)([\s\S]*?)(<!-- end -->)/g;
const LANGUAGES = { ts: 'ts', mjs: 'js', c: 'c' };

/** The pages, by their names. */
export const pages = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .sort();

export const readPage = (name) => readFileSync(new URL(name, folder), 'utf8');

/** The places of a page, in its order: kind, name, and what stands there. */
export function placesOf(text) {
  return [...text.matchAll(PLACE)].map(([, , kind, name, body]) => ({ kind, name, body }));
}

/** What should stand at a place. Throws when it names what there is not. */
export async function bodyOf(kind, name) {
  if (kind === 'experiment') return fenced('text', runExperiment(name));
  if (kind === 'quote') return quote(...name.split(' | '));
  if (kind === 'bug') return bugBody(name);
  const scene = scenes[name];
  if (scene === undefined) throw new Error(`scenes.mjs has no scene ${name}`);
  return fenced('text', await scene());
}

/** The page with all its places filled in; those of `kinds` only. */
export async function filled(text, kinds) {
  let result = '';
  let end = 0;
  for (const match of text.matchAll(PLACE)) {
    const [whole, opening, kind, name, body, closing] = match;
    const fresh = kinds.includes(kind) ? await bodyOf(kind, name) : body;
    result += text.slice(end, match.index) + opening + fresh + closing;
    end = match.index + whole.length;
  }
  return result + text.slice(end);
}

function fenced(language, text) {
  return `\n\`\`\`${language}\n${text.trimEnd()}\n\`\`\`\n\n`;
}

function quote(path, from, to) {
  const lines = readFileSync(new URL(path, repository), 'utf8').split('\n');
  const first = lines.findIndex((line) => line.includes(from));
  const count = lines.slice(first).findIndex((line) => line.includes(to ?? from)) + 1;
  if (first === -1 || count === 0) throw new Error(`${path} has no lines from ${from} to ${to}`);
  const quoted = lines.slice(first, first + count);
  const indent = Math.min(...quoted.filter(Boolean).map((line) => line.search(/\S/)));
  const text = quoted.map((line) => line.slice(indent)).join('\n');
  const range = count === 1 ? `L${first + 1}` : `L${first + 1}-L${first + count}`;
  const language = LANGUAGES[path.split('.').at(-1)] ?? 'text';
  return `\n[${path}](../../${path}#${range})\n${fenced(language, text)}`;
}

async function bugBody(id) {
  const bug = bugs.find((row) => row.id === id);
  if (bug === undefined) throw new Error(`tests/course/seed-bugs.ts has no bug ${id}`);
  const width = Math.max(bug.seed.length, bug.ours.length);
  const shown = [];
  for (const program of [bug.seed, bug.ours]) {
    shown.push(`${program.padEnd(width)}  ${await show(bug, program)}`);
  }
  return fenced('js', scriptOf(id)) + fenced('text', shown.join('\n')).slice(1);
}

/** The statements of a bug's script, as they are written. */
function scriptOf(id) {
  const tests = fileURLToPath(new URL('tests/course/', repository));
  for (const name of readdirSync(tests).filter((file) => /^seed-bugs-\w+\.ts$/.test(file))) {
    const text = readFileSync(`${tests}${name}`, 'utf8');
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
    const script = findScript(file, id);
    if (script === undefined) continue;
    const body = script.body.statements
      .map((statement) => statement.getFullText().trimEnd())
      .join('');
    const lines = body.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => line.slice(6)).join('\n');
  }
  throw new Error(`no script for ${id}`);
}

function findScript(node, id) {
  if (ts.isObjectLiteralExpression(node)) {
    const property = (name) => node.properties.find((one) => one.name?.text === name)?.initializer;
    if (property('id')?.text === id) return property('script');
  }
  return ts.forEachChild(node, (child) => findScript(child, id));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kinds = ['run', 'quote', 'bug'];
  if (process.argv.includes('--experiments')) kinds.push('experiment');
  for (const page of pages) {
    const before = readPage(page);
    const after = await filled(before, kinds);
    if (after === before) continue;
    writeFileSync(new URL(page, folder), after);
    console.log(`${page} is written anew`);
  }
}

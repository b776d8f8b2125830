// Draws the descriptor sets of the course as SVG from a run: experiments/set-bits.c prints the bits
// of its sets before and after select, and each line becomes a row of a figure.
//
//     node docs/course/figures.mjs          writes set-filled.svg and set-answered.svg

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runExperiment } from './experiments/run.mjs';

const NAMES = ['stdin', 'stdout', 'stderr', 'socket'];
const BITS = 8;
const CELL = 44;
const LEFT = 250;
const TOP = 56;
const ROW = 64;

/**
 * What a run printed: `WHEN: BITS`, the bit of descriptor 0 first.
 *
 * @returns {{ when: string, bits: number[] }[]}
 */
export function parseSets(output) {
  return output
    .trim()
    .split('\n')
    .map((line) => {
      const match = /^(.+): ([01]+)$/.exec(line);
      if (match === null) throw new Error(`no line of a set: ${line}`);
      return { when: match[1], bits: [...match[2]].slice(0, BITS).map(Number) };
    });
}

/** The figures by their names: how a set is filled, and how select answers in it. */
export function figuresOf(output) {
  const sets = parseSets(output);
  const isAnswer = ({ when }) => when.startsWith('after select');
  return {
    'set-filled.svg': draw(
      'How the set is filled',
      sets.filter((set) => !isAnswer(set)),
    ),
    'set-answered.svg': draw('What select leaves of it', sets.filter(isAnswer)),
  };
}

function draw(title, rows) {
  const width = LEFT + BITS * CELL + 20;
  const height = TOP + rows.length * ROW;
  const names = NAMES.map((name, bit) => label(xOf(bit) + CELL / 2, 40, name, 'small'));
  const numbers = Array.from({ length: BITS }, (_, bit) =>
    label(xOf(bit) + CELL / 2, 24, bit, 'number'),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>
text { font-family: ui-monospace, monospace; font-size: 14px; fill: #24292f; }
.small { font-size: 11px; fill: #57606a; }
.number { font-weight: bold; }
.bit { fill: #ffffff; stroke: #57606a; }
.set { fill: #9cd3a8; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .small { fill: #9da7b3; } .bit { fill: #161b22; } .set { fill: #2d6a3e; }
}
</style>
${[...numbers, ...names, ...rows.map(row)].join('\n')}
</svg>
`;
}

/** Descriptor 0 is at the left, as the program counts; in a word of memory it is the lowest bit. */
function xOf(bit) {
  return LEFT + bit * CELL;
}

function row({ when, bits }, at) {
  const y = TOP + at * ROW;
  const cells = bits.map((bit, index) => {
    const box = `<rect class="bit${bit === 1 ? ' set' : ''}" x="${xOf(index)}" y="${y}" width="${CELL}" height="${CELL}"/>`;
    return box + label(xOf(index) + CELL / 2, y + 27, bit);
  });
  return `<text x="10" y="${y + 27}">${when}</text>${cells.join('')}`;
}

function label(x, y, text, kind) {
  const style = kind === undefined ? '' : ` class="${kind}"`;
  return `<text${style} x="${x}" y="${y}" text-anchor="middle">${text}</text>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, svg] of Object.entries(figuresOf(runExperiment('set-bits')))) {
    writeFileSync(new URL(name, import.meta.url), svg);
  }
}

// The figures for a terminal.

import { number, tableOf, targetWords } from './summary.mjs';

/** @returns everything that was measured, as lines. */
export function reportText({ rows, baseline, checks, targets }) {
  const { nativeBytesPerS, guestBytesPerS } = checks.speed;
  const [native, guest] = [nativeBytesPerS, guestBytesPerS].map((speed) => number(speed / 1e9, 1));
  return [
    `rot13 in a loop over 16 KiB: native ${native} GB/s, guest ${guest} GB/s`,
    ...rows.flatMap((row) => ['', `${row.key}: ${row.title}`, ...lines(tableOf(row, baseline))]),
    ...(targets.length > 0 ? ['', 'targets', ...lines(targets.map(targetCells))] : []),
    '',
  ].join('\n');
}

function targetCells(target) {
  const { title, wanted, found } = targetWords(target);
  return [target.verdict, title, wanted, found];
}

/** Columns under one another, the first to the left, the others to the right. */
function lines(table) {
  const widths = table[0].map((_, column) =>
    Math.max(...table.map((cells) => cells[column].length)),
  );
  return table.map((cells) => {
    const padded = cells.map((cell, column) =>
      column < 1 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    );
    return `  ${padded.join('  ')}`;
  });
}

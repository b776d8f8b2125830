// The figure of the page: the servers' CPU time per echo, as a multiple of the native server's. An
// SVG of its own, which a browser shows in the reader's colours.

import { number, summarizeRow } from './summary.mjs';

const WIDTH = 760;
const LEFT = 150;
const RIGHT = 60;
const BAR_HEIGHT = 14;
const BAR_PITCH = 18;
const GROUP_GAP = 30;
const TOP = 74;
/** Bars that are longer end here, open. */
const RATIO_MAX = 2.5;
const TICKS = [0, 0.5, 1, 1.5, 2, 2.5];
const SCALE = (WIDTH - LEFT - RIGHT) / RATIO_MAX;

/** The subject stands out; what it is compared with is grey. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .group { font-weight: 600; }
  .value { font-variant-numeric: tabular-nums; }
  .axis { fill: #57606a; }
  .grid { stroke: #d0d7de; }
  .one { stroke: #24292f; }
  .interval { stroke: #24292f; stroke-width: 1.5; }
  .subject { fill: #0969da; }
  .other { fill: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .axis { fill: #8d96a0; }
    .grid { stroke: #30363d; }
    .one, .interval { stroke: #e6edf3; }
    .subject { fill: #4493f8; }
    .other { fill: #6e7681; }
  }`;

/** @returns the SVG, or undefined when no row compares CPU times. */
export function figure({ rows, baseline }) {
  const groups = rows
    .map((row) => ({ title: row.title, servers: comparedServers(row, baseline) }))
    .filter(({ servers }) => servers.length > 0);
  if (groups.length === 0) return undefined;
  let y = TOP;
  const parts = groups.map((group) => {
    const part = groupPart(group, y);
    y += GROUP_GAP + group.servers.length * BAR_PITCH;
    return part;
  });
  const title = `Server CPU time per echo, as a multiple of the ${baseline} server's`;
  const note = `Lines: intervals of the medians. Bars end at ${RATIO_MAX}×, their figures do not.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 24}" role="img">`,
    `<title>${title}</title>`,
    `<style>${STYLE}\n</style>`,
    text(0, 18, 'title', title),
    text(0, 36, 'axis', note),
    ...TICKS.map((ratio) => tick(ratio, y)),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function comparedServers(row, baseline) {
  return summarizeRow(row, baseline).filter(
    ({ name, ratio }) => ratio !== undefined && name !== baseline,
  );
}

function tick(ratio, bottom) {
  const x = xOf(ratio);
  const kind = ratio === 1 ? 'one' : 'grid';
  return [
    `<line class="${kind}" x1="${x}" x2="${x}" y1="${TOP - 16}" y2="${bottom}"/>`,
    text(x, bottom + 16, 'axis', `${ratio}×`, 'middle'),
  ].join('');
}

function groupPart({ title, servers }, y) {
  const bars = servers.map((server, index) => bar(server, y + 8 + index * BAR_PITCH));
  return [text(0, y, 'group', title), ...bars].join('\n');
}

function bar({ name, ratio }, y) {
  const kind = name.startsWith('pollux') ? 'subject' : 'other';
  const end = xOf(ratio.median);
  const middle = y + BAR_HEIGHT / 2;
  const baselineY = y + BAR_HEIGHT - 3;
  const label = Math.max(end, xOf(ratio.high)) + 6;
  return [
    text(LEFT - 8, baselineY, '', name, 'end'),
    `<rect class="${kind}" x="${LEFT}" y="${y}" width="${end - LEFT}" height="${BAR_HEIGHT}"/>`,
    `<path class="interval" d="M${xOf(ratio.low)} ${middle}H${xOf(ratio.high)}"/>`,
    text(label, baselineY, 'value', `${number(ratio.median, 2)}×`),
  ].join('');
}

function xOf(ratio) {
  return Math.round(10 * (LEFT + Math.min(ratio, RATIO_MAX) * SCALE)) / 10;
}

function text(x, y, kind, words, anchor = 'start') {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}

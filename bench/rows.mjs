// What is measured. A row is one situation that every server is put in.

const IDLE_COUNTS = [10, 100, 1000, 9000];

/** What a server has open beside its connections, and some room. */
const DESCRIPTORS_SPARE = 100;

const echo = (connections, bytes) => ({
  key: `${connections}x${bytes}`,
  title: `${count(connections)} connections, ${count(bytes)} bytes`,
  kind: 'echo',
  ...{ connections, bytes, idle: 0 },
});

const oneActive = (idle) => ({
  key: `idle-${idle}`,
  title: `1 active, ${count(idle)} idle`,
  kind: 'echo',
  ...{ connections: 1, bytes: 64, idle },
  descriptors: idle + DESCRIPTORS_SPARE,
});

const churn = (connections) => ({
  key: 'churn',
  title: 'connect, echo, close',
  kind: 'churn',
  ...{ connections, bytes: 64, idle: 0 },
});

/** One after another, which shows what each costs a server that holds many. */
const churnBeside = (held) => ({
  key: `churn-${held}`,
  title: `connect, echo, close, one after another, ${count(held)} idle`,
  kind: 'churn',
  ...{ connections: 1, bytes: 64, idle: 0, held },
  descriptors: held + DESCRIPTORS_SPARE,
});

/**
 * @param rests how often a server rests before its memory is read: V8 gives the room of its young
 *   objects back, 2 MB, only when they have been few for a dozen collections.
 */
const memory = (few, many, rests) => ({
  key: 'memory',
  title: 'memory of an idle connection',
  kind: 'memory',
  ...{ few, many, rests },
  descriptors: many + DESCRIPTORS_SPARE,
});

const start = { key: 'start', title: 'start to listening', kind: 'start' };

const twin = (events) => ({
  key: 'twin',
  title: 'one event of a simulated world',
  kind: 'twin',
  ...{ connections: [1, 100, 1000], events },
});

/** All rows, in the order in which they are measured. */
export const ROWS = [
  ...[echo(50, 64), echo(1000, 64), echo(50, 4096), echo(50, 16_384)],
  ...IDLE_COUNTS.map(oneActive),
  ...[churn(50), churnBeside(9000), memory(1000, 9000, 20), start, twin(1_000_000)],
];

/** The same situations, so small that they take a moment: nothing is judged by their figures. */
export const QUICK_ROWS = [
  ...[echo(10, 64), echo(4, 16_384), oneActive(10), oneActive(100)],
  ...[churn(4), churnBeside(20), memory(20, 60, 2), start, twin(1000)],
];

/** 9000 is "9,000". */
export function count(number) {
  return number.toLocaleString('en-US');
}

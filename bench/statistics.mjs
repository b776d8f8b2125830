// Medians and how sure they are. No normal distribution is assumed: the interval of a median is
// given by two of the values themselves, since half of all values lie below the true one.

/** How sure an interval is to hold the true median. */
const CONFIDENCE = 0.95;

/** The middle value; of an even count the mean of the two in the middle. NaN of none. */
export function median(values) {
  const sorted = toSorted(values);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How much `values` are of `others`, which were measured in turn with them: the median of the ratios of
 * each to its neighbour. What disturbs both hardly counts, and what disturbs one alone now and then
 * does not at all.
 */
export function pairedRatio(values, others) {
  return median(values.map((value, index) => value / others[index]));
}

/**
 * The median with its interval: the narrowest pair of values, equally far from both ends, that
 * holds the true median with 95 %. Of fewer than six values none does: the interval is all.
 *
 * Source: the k-th lowest of n values is above the median with the odds of k or fewer heads in n.
 */
export function summarize(values) {
  const sorted = toSorted(values);
  const skipped = countBelow(sorted.length);
  return {
    median: median(sorted),
    low: sorted[skipped],
    high: sorted[sorted.length - 1 - skipped],
    count: sorted.length,
  };
}

/** How many values can be left out at each end. */
function countBelow(count) {
  let odds = 0.5 ** count;
  let tail = odds;
  let skipped = 0;
  // With `skipped` left out, the true median lies further out with the odds of the tail.
  while (2 * (tail + (odds * (count - skipped)) / (skipped + 1)) <= 1 - CONFIDENCE) {
    odds *= (count - skipped) / (skipped + 1);
    tail += odds;
    skipped += 1;
  }
  return skipped;
}

function toSorted(values) {
  return [...values].sort((a, b) => a - b);
}

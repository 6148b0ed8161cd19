/** The middle value; the mean of the two middle ones when their number is even. NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return sorted.length === 0 ? NaN : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median absolute deviation: how far a typical value is from the median. One disturbed round does not move it. */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** `items` in the order of round `round`: each round begins one further on, so that none always follows the same one. */
export function rotate<T>(items: readonly T[], round: number): T[] {
  const start = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** A figure with the interval that holds it in nine of ten repetitions, as far as the rounds tell. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/** The median of `ours` divided by the median of `theirs`; infinite when `theirs` is not above zero. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): Interval {
  return compare(ours, theirs, (own, other) => (other > 0 ? own / other : Infinity));
}

/** The median of `ours` less the median of `theirs`. */
export function medianDifference(ours: readonly number[], theirs: readonly number[]): Interval {
  return compare(ours, theirs, (own, other) => own - other);
}

/**
 * Compares two medians; equal indices are the same round. The interval is a bootstrap: rounds are drawn again and again
 * with replacement, from a fixed seed, so that equal rounds give equal intervals.
 */
function compare(
  ours: readonly number[],
  theirs: readonly number[],
  relation: (own: number, other: number) => number,
): Interval {
  const random = generator(1);
  const rounds = ours.map((_, round) => round);
  const valueIn = (drawn: readonly number[]) =>
    relation(median(drawn.map((round) => ours[round]!)), median(drawn.map((round) => theirs[round]!)));
  const values = Array.from({ length: RESAMPLES }, () =>
    valueIn(rounds.map(() => Math.floor(random() * rounds.length))),
  ).sort((a, b) => a - b);
  return {
    value: valueIn(rounds),
    low: values[Math.floor(RESAMPLES * 0.05)]!,
    high: values[Math.floor(RESAMPLES * 0.95)]!,
  };
}

/** mulberry32: numbers from 0 to 1 that are the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

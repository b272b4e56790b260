import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RowWeights } from './outcome.ts';

/** A percentile interval, [low, high]. */
export type Interval = readonly [low: number, high: number];

/** Calls `visit` with `resamples` samples of the rows drawn with replacement. The same seed draws the same samples. */
export function resampleRows(
  rows: number,
  resamples: number,
  seed: number,
  visit: (weights: RowWeights) => void,
): void {
  const random = xoroshiro128plus(seed);
  for (let sample = 0; sample < resamples; sample++) {
    const weights = new Float64Array(rows);
    for (let draw = 0; draw < rows; draw++) {
      const row = uniformInt(random, 0, rows - 1);
      weights[row] = (weights[row] ?? 0) + 1;
    }
    visit(weights);
  }
}

/** The middle 95 % of the values, between order statistics by linear interpolation; null for no values. */
export function interval95(values: readonly (number | null)[]): Interval | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RowWeights } from './outcome.ts';

/** A percentile interval, [low, high]. */
export type Interval = readonly [low: number, high: number];

export interface Resampling {
  /** Samples to draw. */
  readonly resamples: number;
  readonly seed: number;
}

/**
 * Calls `visit` with `resamples` samples of whole groups drawn with replacement, so that rows which share a rule or a text
 * come and go together. The same seed draws the same samples of the same groups; `visit` gets one array again and again.
 * @param groups index of each row's group, from 0 to `groupCount` - 1.
 */
export function resampleGroups(
  groups: Int32Array,
  groupCount: number,
  { resamples, seed }: Resampling,
  visit: (weights: RowWeights, sample: number) => void,
): void {
  const random = xoroshiro128plus(seed);
  const drawn = new Float64Array(groupCount);
  const weights = new Float64Array(groups.length);
  for (let sample = 0; sample < resamples; sample++) {
    drawn.fill(0);
    for (let draw = 0; draw < groupCount; draw++) {
      const group = uniformInt(random, 0, groupCount - 1);
      drawn[group] = (drawn[group] ?? 0) + 1;
    }
    for (const [row, group] of groups.entries()) weights[row] = drawn[group] ?? 0;
    visit(weights, sample);
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

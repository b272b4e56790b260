import { choose } from './choose.ts';
import type { PolicyInput, SettingPolicySpec } from './policy.ts';

/** From this setting on, up to the next one's, the policy chooses this model. */
export interface SettingRange {
  /** A tolerance or a cost weight: the smallest double at which the choice is this one; 0 for the first. */
  readonly from: number;
  readonly index: number;
}

/**
 * The policy's choice as a function of its setting, from 0 to its end: tolerance 1, or an infinite cost weight. Exact to
 * the last bit, since every border is found by asking the policy itself.
 */
export function settingRanges(input: PolicyInput, spec: SettingPolicySpec): readonly SettingRange[] {
  const chooseAt =
    spec.kind === 'tolerance'
      ? (tolerance: number) => choose({ ...spec, tolerance }, input).index
      : (costWeight: number) => choose({ ...spec, costWeight }, input).index;
  const end = spec.kind === 'tolerance' ? 1 : Number.POSITIVE_INFINITY;
  const ranges = [{ from: 0, index: chooseAt(0) }];
  const last = chooseAt(end);
  for (;;) {
    const current = ranges[ranges.length - 1];
    if (current === undefined || current.index === last) return ranges;
    // With either setting a choice, once left, does not come back: the cost of the choice only ever falls.
    const from = firstWhere((setting) => chooseAt(setting) !== current.index, current.from, end);
    ranges.push({ from, index: chooseAt(from) });
  }
}

/** The smallest double above `low` where a predicate that turns true once, and is true at `high`, is true. */
function firstWhere(isTrue: (value: number) => boolean, low: number, high: number): number {
  let [below, above] = [low, high];
  if (above === Number.POSITIVE_INFINITY) {
    above = Math.max(1, 2 * low);
    while (above < high && !isTrue(above)) [below, above] = [above, 2 * above];
  }
  for (;;) {
    const middle = below + (above - below) / 2;
    if (!(middle > below && middle < above)) return above;
    if (isTrue(middle)) above = middle;
    else below = middle;
  }
}

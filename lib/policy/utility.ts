import { at, type Choice, type PolicyInput } from './policy.ts';

/**
 * argmax of quality - costWeight * costUsd. Ties go to the cheaper model, then to the lower index. An infinite
 * weight is the limit: the cheapest model, ties in cost by quality.
 */
export function chooseByUtility(input: PolicyInput, costWeight: number): Choice {
  const { quality, costUsd, eligible } = input;
  let chosen = -1;
  for (const index of eligible) {
    if (chosen < 0 || compare(quality, costUsd, costWeight, index, chosen) < 0) chosen = index;
  }
  return { index: chosen, threshold: null };
}

/** Negative where a is the better choice. */
function compare(
  quality: ArrayLike<number>,
  costUsd: ArrayLike<number>,
  costWeight: number,
  a: number,
  b: number,
): number {
  const byCost = at(costUsd, a) - at(costUsd, b);
  const byQuality = at(quality, b) - at(quality, a);
  const byUtility =
    costWeight === Number.POSITIVE_INFINITY ? byCost || byQuality : byQuality + costWeight * byCost;
  return byUtility || byCost || a - b;
}

import {
  at,
  type Choice,
  cheapestAbove,
  type PolicyInput,
  type QualityRange,
  type TolerancePolicy,
} from './policy.ts';

/**
 * IPR's decision (arXiv 2509.06274, eq. 1): the cheapest model whose predicted quality reaches the threshold. Ties in
 * cost go to the higher quality, then to the lower index.
 */
export function chooseByTolerance(input: PolicyInput, policy: TolerancePolicy): Choice {
  const threshold = qualityThreshold(input, policy);
  return { index: cheapestAbove(input, threshold), threshold };
}

/**
 * IPR's r_th (eqs. 3 and 4) with tau the tolerance and delta the safety margin, over the eligible models:
 *
 * - `dynamic-max`: (1 - tau) * max - delta, max the best predicted quality of this prompt;
 * - `dynamic-minmax`: max - tau * (max - min) - delta, min the worst one;
 * - `static-max`, `static-minmax`: the same with the constants of `range`.
 *
 * Never above the prompt's best prediction, so some model always reaches it: a static threshold may lie higher than
 * every prediction for a hard prompt, and then takes the best predicted model.
 */
export function qualityThreshold({ quality, eligible }: PolicyInput, policy: TolerancePolicy): number {
  let max = Number.NEGATIVE_INFINITY;
  let min = Number.POSITIVE_INFINITY;
  for (const index of eligible) {
    max = Math.max(max, at(quality, index));
    min = Math.min(min, at(quality, index));
  }
  const { tolerance, safetyMargin = 0 } = policy;
  switch (policy.strategy) {
    case 'dynamic-minmax':
      return between({ max, min }, tolerance) - safetyMargin;
    case 'static-max':
      return Math.min(max, (1 - tolerance) * policy.range.max - safetyMargin);
    case 'static-minmax':
      return Math.min(max, between(policy.range, tolerance) - safetyMargin);
    default:
      return (1 - tolerance) * max - safetyMargin;
  }
}

/** Exact at both ends: a rounded minimum would leave out the model that has it. */
function between({ max, min }: QualityRange, tolerance: number): number {
  return tolerance === 1 ? min : max - tolerance * (max - min);
}

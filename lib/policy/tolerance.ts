import { at, type Choice, type PolicyInput } from './policy.ts';

/**
 * IPR's decision with the `dynamic-max` threshold (arXiv 2509.06274, eqs. 1 and 3): the cheapest model whose predicted
 * quality is at least (1 - tolerance) times the best predicted one. Ties in cost go to the higher quality, then to
 * the lower index.
 */
export function chooseByTolerance(input: PolicyInput, tolerance: number): Choice {
  const { quality, costUsd, eligible } = input;
  let best = Number.NEGATIVE_INFINITY;
  for (const index of eligible) best = Math.max(best, at(quality, index));
  const threshold = (1 - tolerance) * best;
  let chosen = -1;
  for (const index of eligible) {
    if (at(quality, index) < threshold) continue;
    if (chosen < 0 || isCheaper(quality, costUsd, index, chosen)) chosen = index;
  }
  return { index: chosen, threshold };
}

function isCheaper(quality: ArrayLike<number>, costUsd: ArrayLike<number>, a: number, b: number): boolean {
  if (at(costUsd, a) !== at(costUsd, b)) return at(costUsd, a) < at(costUsd, b);
  if (at(quality, a) !== at(quality, b)) return at(quality, a) > at(quality, b);
  return a < b;
}

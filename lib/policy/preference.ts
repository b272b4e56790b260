import { at, type Choice, type PolicyInput } from './policy.ts';
import { chooseByUtility } from './utility.ts';

/**
 * LLM Bandit's reward, scalarised (arXiv 2502.02743): argmax of quality / best quality - costWeight * cost / highest
 * cost, both over the eligible models, so that a weight means the same whatever the prices and the prompt's length. Ties as in
 * `chooseByUtility`.
 */
export function chooseByPreference(input: PolicyInput, costWeight: number): Choice {
  const isInfinite = costWeight === Number.POSITIVE_INFINITY;
  return chooseByUtility(input, isInfinite ? costWeight : costWeight * perUsd(input));
}

/** What a cost weight of 1 is in quality per USD, on this prompt. */
export function perUsd({ quality, costUsd, eligible }: PolicyInput): number {
  let best = 0;
  let dearest = 0;
  for (const index of eligible) {
    best = Math.max(best, at(quality, index));
    dearest = Math.max(dearest, at(costUsd, index));
  }
  // Where all are free there is nothing to weigh; where none is any good the least weight makes the cheapest the best.
  return dearest > 0 ? Math.max(best, Number.MIN_VALUE) / dearest : 0;
}

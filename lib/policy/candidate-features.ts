import { at, type PolicyInput } from './policy.ts';

/**
 * What a policy network sees of a model at choice beside its identity: predicted quality; the same less the best; cost by the
 * dearest's, and its logarithm; what the cost above the cheapest's counts for. So neither prices nor a prompt's length matter but
 * by the preference.
 */
export const actorFeatures = 5;
/** The first of them, in which the preference has no part. */
export const criticFeatures = 4;

/** Beyond this, in quality, costs are not told apart: nothing in [0, 1] makes up for it. */
const mostPenalty = 3;
/** Of the dearest's cost: below it, logarithms are not told apart. */
const leastShare = 1e-4;

/**
 * [eligible, actorFeatures], a row every `stride` values from `start`.
 * @param costWeight in quality per USD
 */
export function candidateFeatures(
  { quality, costUsd, eligible }: PolicyInput,
  costWeight: number,
  { values, start, stride }: { values: Float32Array; start: number; stride: number },
): void {
  let best = Number.NEGATIVE_INFINITY;
  let dearest = 0;
  let cheapest = Number.POSITIVE_INFINITY;
  for (const index of eligible) {
    best = Math.max(best, at(quality, index));
    dearest = Math.max(dearest, at(costUsd, index));
    cheapest = Math.min(cheapest, at(costUsd, index));
  }
  for (let i = 0, to = start; i < eligible.length; ++i, to += stride) {
    const index = eligible[i] ?? 0;
    const cost = at(costUsd, index);
    const share = dearest > 0 ? cost / dearest : 0;
    values[to] = at(quality, index);
    values[to + 1] = at(quality, index) - best;
    values[to + 2] = share;
    values[to + 3] = Math.log10(Math.max(leastShare, share));
    values[to + 4] = penaltyOf(costWeight, cost - cheapest);
  }
}

/** What a cost above the cheapest counts for, in quality. */
export function penaltyOf(costWeight: number, aboveUsd: number): number {
  return Math.min(mostPenalty, costWeight * aboveUsd);
}

/** How a network is told what cost counts for. */
export const preferenceFeatures = 2;

/** @param weight what the dearest model's cost counts for, in quality */
export function preferenceVector(weight: number): readonly [number, number] {
  return [weight / (1 + weight), Math.log10(weight + 1e-2)];
}

import { at, type Choice, cheapestAbove, type GuardedPolicy, isCheaper, type PolicyInput } from './policy.ts';

/**
 * The cheapest of the anchor and of the models whose predicted quality exceeds the anchor's by at least the threshold
 * that `guardThreshold` certified. null where the anchor itself is not eligible and no other model clears the threshold:
 * there is then no model that the evidence speaks for.
 * @param anchor index of the policy's anchor
 */
export function chooseGuarded(input: PolicyInput, policy: GuardedPolicy, anchor: number): Choice | null {
  const threshold = policy.threshold === null ? null : at(input.quality, anchor) + policy.threshold;
  const cleared = threshold === null ? -1 : cheapestAbove(input, threshold);
  if (!input.eligible.includes(anchor)) return cleared < 0 ? null : { index: cleared, threshold };
  const isAnchor = cleared < 0 || isCheaper(input, anchor, cleared);
  return { index: isAnchor ? anchor : cleared, threshold };
}

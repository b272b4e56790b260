import { at, type Choice, isCheaper, type NetworkPolicy, type PolicyInput } from './policy.ts';

/**
 * What a policy network's logits, which the policy carries, say: the most probable model, or where it has a draw the one that the
 * draw falls on. Ties go to the cheaper model.
 */
export function chooseByNetwork(input: PolicyInput, policy: NetworkPolicy): Choice {
  const eligible = input.eligible.toSorted((a, b) => a - b); // one order for the draw and for the sum
  const shares = networkShares(policy, eligible);
  const place = policy.draw === null ? mostProbable(input, eligible, shares) : drawn(shares, policy.draw);
  return { index: at(eligible, place), threshold: null };
}

/** How probable each of the eligible models is by the network: the softmax of their logits, in the order given. */
export function networkShares(
  { logits }: Pick<NetworkPolicy, 'logits'>,
  eligible: readonly number[],
): readonly number[] {
  const own = eligible.map((index) => logits[index] ?? Number.NEGATIVE_INFINITY);
  const most = Math.max(...own);
  const weights = own.map((logit) => Math.exp(logit - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function mostProbable(input: PolicyInput, eligible: readonly number[], shares: readonly number[]): number {
  let chosen = 0;
  for (let place = 1; place < eligible.length; ++place) {
    const [own, best] = [at(shares, place), at(shares, chosen)];
    if (own > best || (own === best && isCheaper(input, at(eligible, place), at(eligible, chosen))))
      chosen = place;
  }
  return chosen;
}

function drawn(shares: readonly number[], draw: number): number {
  let left = draw;
  for (let place = 0; place < shares.length; ++place) {
    left -= at(shares, place);
    if (left < 0) return place;
  }
  return shares.findLastIndex((share) => share > 0); // the sum was rounded down
}

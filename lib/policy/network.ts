import { at, type Choice, isCheaper, type NetworkPolicy, type PolicyInput } from './policy.ts';

/**
 * What a policy network's logits, which the policy carries, say: the most probable model, or where it has a draw the one that the
 * draw falls on. Ties go to the cheaper model.
 */
export function chooseByNetwork(input: PolicyInput, { logits, draw }: NetworkPolicy): Choice {
  const eligible = input.eligible.toSorted((a, b) => a - b); // one order for the draw and for the sum
  const probabilities = softmax(eligible.map((index) => logits[index] ?? Number.NEGATIVE_INFINITY));
  const place = draw === null ? mostProbable(input, eligible, probabilities) : drawn(probabilities, draw);
  return {
    index: at(eligible, place),
    threshold: null,
    probability: draw === null ? 1 : at(probabilities, place),
  };
}

/** How probable each of the logits' models is. */
export function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function mostProbable(
  input: PolicyInput,
  eligible: readonly number[],
  probabilities: readonly number[],
): number {
  let chosen = 0;
  for (let place = 1; place < eligible.length; ++place) {
    const [own, best] = [at(probabilities, place), at(probabilities, chosen)];
    if (own > best || (own === best && isCheaper(input, at(eligible, place), at(eligible, chosen))))
      chosen = place;
  }
  return chosen;
}

function drawn(probabilities: readonly number[], draw: number): number {
  let left = draw;
  for (let place = 0; place < probabilities.length; ++place) {
    left -= at(probabilities, place);
    if (left < 0) return place;
  }
  return probabilities.findLastIndex((probability) => probability > 0); // the sum was rounded down
}

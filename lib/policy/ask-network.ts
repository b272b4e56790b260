import { at, type NetworkPolicy, type PolicyInput } from './policy.ts';
import type { PolicyNetwork } from './policy-network.ts';
import { perUsd } from './preference.ts';

/** What a caller asks a policy network for. */
export interface NetworkRequest {
  readonly kind: 'network-request';
  readonly network: PolicyNetwork;
  /** As that of `PreferencePolicy`, finite. */
  readonly costWeight: number;
  /** Where to draw from, uniform in [0, 1); null: the most probable model. */
  readonly draw: (() => number) | null;
}

/**
 * The policy as it is recorded: with what the network said of the models at choice.
 * @param prompt what the prompt's head answered
 */
export function askNetwork(
  { network, costWeight, draw }: NetworkRequest,
  input: PolicyInput,
  prompt: ArrayLike<number>,
): NetworkPolicy {
  const logits: (number | null)[] = new Array(input.quality.length).fill(null);
  if (input.eligible.length > 0) {
    const eligible = input.eligible.toSorted((a, b) => a - b); // sums of one order, whatever the caller's
    const said = network.logits({ ...input, eligible }, prompt, costWeight * perUsd(input));
    eligible.forEach((index, place) => {
      logits[index] = at(said, place);
    });
  }
  return { kind: 'network', costWeight, logits, draw: draw?.() ?? null };
}

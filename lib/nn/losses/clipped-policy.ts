import type { Sets } from '../sets.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { requireSets, setSoftmax } from './set-softmax.ts';

/** What was done, by the policy as it was then. */
export interface Actions {
  readonly sets: Sets;
  /** [sets] the row taken of each set, counted through all rows. */
  readonly rows: ArrayLike<number>;
  /** [sets] its probability then. */
  readonly probabilities: ArrayLike<number>;
  /** [sets] */
  readonly advantages: ArrayLike<number>;
}

export interface ClippedPolicySettings {
  /** How far from 1 the ratio of probabilities counts. */
  readonly clip: number;
  /** Weight of the policy's entropy, which is sought. */
  readonly entropy: number;
}

/**
 * PPO's clipped surrogate (Schulman et al. 2017, eq. 7), negated, less the entropy bonus, as the mean over sets:
 * -min(ratio A, clip(ratio, 1 - clip, 1 + clip) A) - entropy H.
 */
export function clippedPolicy(
  tape: Tape,
  logits: Tensor,
  { sets, rows, probabilities, advantages }: Actions,
  { clip, entropy }: ClippedPolicySettings,
): Tensor {
  requireSets('clippedPolicy', logits, sets, rows);
  const shares = setSoftmax(sets, logits.data);
  const slopes = new Float64Array(sets.count); // of the loss by the taken row's log probability
  const entropies = new Float64Array(sets.count);
  let total = 0;
  for (let set = 0; set < sets.count; ++set) {
    const ratio = (shares[rows[set] as number] as number) / (probabilities[set] as number);
    const advantage = advantages[set] as number;
    const clipped = Math.min(1 + clip, Math.max(1 - clip, ratio)) * advantage;
    const isFree = ratio * advantage <= clipped;
    slopes[set] = isFree ? -ratio * advantage : 0;
    for (let row = sets.offsets[set] as number; row < (sets.offsets[set + 1] as number); ++row) {
      entropies[set] = (entropies[set] as number) - timesLog(shares[row] as number);
    }
    total -= Math.min(ratio * advantage, clipped) + entropy * (entropies[set] as number);
  }
  return tape.record([], Float32Array.of(total / sets.count), [logits], ([gradient = 0]) => {
    const into = logits.gradientBuffer();
    const step = gradient / sets.count;
    for (let set = 0; set < sets.count; ++set) {
      const slope = slopes[set] as number;
      for (let row = sets.offsets[set] as number; row < (sets.offsets[set + 1] as number); ++row) {
        const share = shares[row] as number;
        const taken = row === rows[set] ? 1 : 0;
        const ofEntropy = -timesLog(share) - share * (entropies[set] as number);
        into[row] = (into[row] as number) + step * (slope * (taken - share) - entropy * ofEntropy);
      }
    }
  });
}

/** p log p, 0 at 0. */
function timesLog(p: number): number {
  return p > 0 ? p * Math.log(p) : 0;
}

import { estimateCost } from '../cost/estimate-cost.ts';
import type { ModelCost } from '../cost/model-cost.ts';
import { Random } from '../nn/random.ts';
import { chooseGuarded } from '../policy/guarded.ts';
import type { GuardedPolicy, PolicyInput } from '../policy/policy.ts';
import type { CalibrationSet } from './calibration-set.ts';
import { meanIsBelow } from './mean-bound.ts';

/** What is to be vouched for. */
export type GuardPromise = Omit<GuardedPolicy, 'kind' | 'threshold'>;

/**
 * Thresholds to try on a model's predicted quality minus the anchor's, in this order, which must not depend on the
 * calibration set: from where a model must be predicted clearly better than the anchor down to where every cheaper one
 * is taken. Much higher, too few rows leave the anchor to say anything, and the first test fails for want of evidence;
 * from 0 or lower, the first test is often failed on merit. Begun at 0.1, 0.05 and 0, the sequence certified a loss of 0.01
 * on 6, 4 and 1 of 6 splits of mixed-2024 and ulab-llmrouter (600 to 900 rows), and all the same thresholds for 0.05.
 */
const kThresholds = Array.from({ length: 111 }, (_, step) => (10 - step) / 100);

/** Any will do, as long as it is the same for every threshold and every process. */
const kOrderSeed = 0;

/**
 * The lowest threshold at which the guarded policy keeps its promise: with probability `confidence` over the draw of the
 * calibration set, the mean over all prompts of the anchor's quality minus the chosen model's is at most `maxLoss`. null
 * where not even the highest threshold can be vouched for.
 *
 * Learn then Test (Angelopoulos et al., arXiv 2110.01052) with fixed-sequence testing: thresholds are tried from the
 * highest down, each as the policy would decide, at the full error rate, until the first that the bound does not clear; of
 * thresholds that decide every row alike the highest is taken.
 * What is bounded is the policy's loss as a whole. Bounds of single models would not add up to it: a model is taken on
 * those rows only that no cheaper one is taken on, and may be at its worst there.
 *
 * A row is decided among the `allowed` models that were run on it; rows without the anchor's score say nothing.
 * @param costs in the order of the set's models
 * @param allowed indices of the models that requests may choose, the anchor's among them
 */
export function guardThreshold(
  set: CalibrationSet,
  costs: readonly ModelCost[],
  allowed: readonly number[],
  promise: GuardPromise,
): number | null {
  const anchor = set.models.indexOf(promise.anchor);
  const rows = guardedRows(set, costs, allowed, anchor);
  const losses = new Float64Array(rows.length);
  const choices = new Int32Array(rows.length).fill(anchor);
  let certified: number | null = null;
  for (const threshold of kThresholds) {
    const policy: GuardedPolicy = { kind: 'guarded', ...promise, threshold };
    let changes = certified === null;
    for (const [index, row] of rows.entries()) {
      const chosen = chooseGuarded(row, policy, anchor)?.index ?? anchor;
      if (chosen !== choices[index]) changes = true;
      choices[index] = chosen;
      losses[index] = (row.scores[anchor] ?? 0) - (row.scores[chosen] ?? 0);
    }
    if (!changes) continue; // no row speaks for going lower
    if (!meanIsBelow(losses, promise.maxLoss, 1 - promise.confidence)) break;
    certified = threshold;
  }
  return certified;
}

interface GuardedRow extends PolicyInput {
  readonly scores: Float32Array;
}

function guardedRows(
  { models, rows, predicted, scores: allScores, inputTokens, costValues }: CalibrationSet,
  costs: readonly ModelCost[],
  allowed: readonly number[],
  anchor: number,
): GuardedRow[] {
  return Array.from(randomOrder(rows), (row): GuardedRow => {
    const [start, end] = [row * models.length, (row + 1) * models.length];
    const scores = allScores.subarray(start, end);
    return {
      quality: predicted.subarray(start, end),
      costUsd: costs.map((cost, column) => {
        const size = { inputTokens: inputTokens[row] ?? 0 };
        return estimateCost(cost, size, costValues?.[start + column] ?? null).costUsd;
      }),
      eligible: allowed.filter((column) => !Number.isNaN(scores[column])),
      scores,
    };
  }).filter(({ eligible }) => eligible.includes(anchor));
}

/** Data may come sorted by source, and the bound's bets go by the rows before: to it rows must come as drawn at random. */
function randomOrder(rows: number): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  new Random(kOrderSeed).shuffle(order);
  return order;
}

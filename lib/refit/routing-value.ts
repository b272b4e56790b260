import { choose } from '../policy/choose.ts';
import type { PolicySpec } from '../policy/policy.ts';
import type { FeedbackRows } from './feedback-rows.ts';
import { importanceWeights } from './importance-weights.ts';

/**
 * The model that each decision's own policy would choose by other predictions; -1 for none. A policy network's recorded answer is to
 * the predictions of then, so its choices count as unchanged: such decisions are judged by log loss and Brier score alone.
 */
export function choicesBy(predicted: Float32Array, feedback: FeedbackRows): Int32Array {
  const { rows, models, costUsd, policies, atChoice } = feedback;
  const columns = models.length;
  return Int32Array.from({ length: rows }, (_, row) => {
    const [start, end] = [row * columns, (row + 1) * columns];
    const eligible = [...models.keys()].filter((column) => atChoice[start + column] === 1);
    const policy = policies[row];
    if (eligible.length === 0 || policy === undefined) return -1;
    const input = {
      quality: predicted.subarray(start, end),
      costUsd: costUsd.subarray(start, end),
      eligible,
    };
    return choose(policy, input, models)?.index ?? -1;
  });
}

/** What new predictions do to routing, row by row. */
export interface RoutingChange {
  /** New value minus old, doubly robust; 0 where both choose the same. */
  readonly value: Float64Array;
  /** New predicted cost minus old, in USD. */
  readonly costUsd: Float64Array;
  /** Rows that are routed elsewhere. */
  readonly changed: number;
  /** Of these, rows where the model that answered is one of the two. */
  readonly informed: number;
}

/**
 * The value of routing by new predictions in place of old ones, quality minus what cost counts for in the decision's own policy, as
 * logged decisions tell it: doubly robust (Dudik et al., arXiv 1103.4601). What the new predictions say of both choices, corrected
 * by the residuals where one of them is what was chosen, over the probability of that.
 */
export function routingChange(
  feedback: FeedbackRows,
  oldPredicted: Float32Array,
  newPredicted: Float32Array,
): RoutingChange {
  const { rows, models, chosen, scores, probabilities } = feedback;
  const weights = importanceWeights(probabilities);
  const before = choicesBy(oldPredicted, feedback);
  const after = choicesBy(newPredicted, feedback);
  const value = new Float64Array(rows);
  const costUsd = new Float64Array(rows);
  let [changed, informed] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const [from, to, used] = [before[row] ?? -1, after[row] ?? -1, chosen[row] ?? -1];
    if (from === to || from < 0 || to < 0) continue;
    changed += 1;
    const quality = (column: number) => newPredicted[row * models.length + column] ?? 0;
    const cost = (column: number) => feedback.costUsd[row * models.length + column] ?? 0;
    costUsd[row] = cost(to) - cost(from);
    const residual = (weights[row] ?? 0) * ((scores[row] ?? 0) - quality(used));
    const correction = used === to ? residual : used === from ? -residual : 0;
    if (used === to || used === from) informed += 1;
    const gained = quality(to) - quality(from) + correction;
    value[row] = gained - qualityPerUsd(feedback, row, newPredicted) * (costUsd[row] ?? 0);
  }
  return { value, costUsd, changed, informed };
}

/** What a USD counts for in quality; 0 for policies that set a level of quality, and for those that ask for the cheapest. */
function qualityPerUsd(
  { policies, models, costUsd, atChoice }: FeedbackRows,
  row: number,
  predicted: Float32Array,
): number {
  const policy: PolicySpec | undefined = policies[row];
  if (policy?.kind !== 'utility' && policy?.kind !== 'preference') return 0;
  const weight = Number(policy.costWeight);
  if (!Number.isFinite(weight)) return 0;
  if (policy.kind === 'utility') return weight;
  let [best, dearest] = [0, 0];
  for (let cell = row * models.length; cell < (row + 1) * models.length; cell++) {
    if (atChoice[cell] !== 1) continue;
    best = Math.max(best, predicted[cell] ?? 0);
    dearest = Math.max(dearest, costUsd[cell] ?? 0);
  }
  return dearest > 0 ? (weight * best) / dearest : 0;
}

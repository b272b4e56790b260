import { crossEntropy } from './drift-filter.ts';
import type { FeedbackRows } from './feedback-rows.ts';
import { effectiveSize, importanceWeights, type WeightedMean, weightedMean } from './importance-weights.ts';
import { routingChange } from './routing-value.ts';

/** A difference on held-out feedback, new minus old, and its 98 % interval. */
export interface Difference {
  readonly mean: number;
  readonly interval: readonly [low: number, high: number];
}

/** Why a refit is kept or not. */
export type Verdict = 'kept' | 'no-gain' | 'worse-predictions' | 'worse-routing';

/** A refit against the router as it is, on feedback that the refit has not seen. */
export interface RefitJudgement {
  readonly verdict: Verdict;
  /** Held-out answers, and as many of equal weight that tell as much. */
  readonly feedback: number;
  readonly effective: number;
  /** Of the predictions of what answered, weighed by 1 / probability; below 0: the refit is better. */
  readonly logLoss: Difference;
  readonly brier: Difference;
  /** Of routing, doubly robust, see `routingChange`; above 0: the refit is better. */
  readonly value: Difference;
  /** Mean predicted cost, USD a request. */
  readonly costUsd: number;
  /** Share of decisions that go to another model. */
  readonly changed: number;
  /** Share of these that the feedback is of one of the two models. */
  readonly informed: number;
}

/**
 * Of 98 % of a normal distribution: refits are tried over and over, and at 90 % three times as many were kept where nothing had changed,
 * while drops were noticed no sooner (bench feedback, mixed-2024: 200 feedbacks either way).
 */
const deviations = 2.326;

/**
 * Whether a refit may take the router's place. Kept where it foresees held-out scores better, the interval of the log loss all below
 * 0, and neither Brier score nor routing is worse, their intervals all on the wrong side of 0. A refit that changes nothing for
 * the better is not kept.
 */
export function judgeRefit(
  heldOut: FeedbackRows,
  oldPredicted: Float32Array,
  newPredicted: Float32Array,
): RefitJudgement {
  const { rows, models, chosen, scores, probabilities } = heldOut;
  const weights = importanceWeights(probabilities);
  const difference = (loss: (predicted: number, score: number) => number) => {
    const of = (predicted: Float32Array, row: number) =>
      loss(predicted[row * models.length + (chosen[row] ?? 0)] ?? 0, scores[row] ?? 0);
    const each = Float64Array.from(
      { length: rows },
      (_, row) => of(newPredicted, row) - of(oldPredicted, row),
    );
    return withInterval(weightedMean(each, weights));
  };
  const logLoss = difference(crossEntropy);
  const brier = difference((predicted, score) => (predicted - score) ** 2);
  const change = routingChange(heldOut, oldPredicted, newPredicted);
  const value = withInterval(weightedMean(change.value, new Float64Array(rows).fill(1)));
  return {
    verdict: verdictOf(logLoss, brier, value),
    feedback: rows,
    effective: effectiveSize(weights),
    logLoss,
    brier,
    value,
    costUsd: change.costUsd.reduce((sum, cost) => sum + cost, 0) / Math.max(1, rows),
    changed: change.changed / Math.max(1, rows),
    informed: change.changed === 0 ? 0 : change.informed / change.changed,
  };
}

function verdictOf(logLoss: Difference, brier: Difference, value: Difference): Verdict {
  if (logLoss.interval[0] > 0 || brier.interval[0] > 0) return 'worse-predictions';
  if (value.interval[1] < 0) return 'worse-routing';
  return logLoss.interval[1] < 0 ? 'kept' : 'no-gain';
}

function withInterval({ mean, standardError }: WeightedMean): Difference {
  return { mean, interval: [mean - deviations * standardError, mean + deviations * standardError] };
}

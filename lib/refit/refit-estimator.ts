import type { QualityEstimator } from '../estimator/estimator.ts';
import { trainedIdentities } from '../estimator/irt-identities.ts';
import { predictAll } from '../estimator/predict.ts';
import { beforeRefit, refittedState, unchanged } from '../estimator/refitted.ts';
import { estimatorFromState } from '../estimator/registry.ts';
import { type DriftFit, type DriftSetting, fitDrift } from './drift-filter.ts';
import type { FeedbackRows } from './feedback-rows.ts';
import { effectiveSize, evidenceWeights, importanceWeights } from './importance-weights.ts';
import { type IdentityEvidence, type RefitOptions, refitIdentities } from './refit-identities.ts';

/** What feedback said of one model. */
export interface ModelRefit {
  readonly model: string;
  /** Answers that were scored. */
  readonly feedback: number;
  /** As many answers of equal weight tell as much. */
  readonly effective: number;
  /** How its past is weighed; null: its predictions stay as they are. */
  readonly setting: DriftSetting | null;
  /** Nats by which moment-by-moment predictions foresaw its scores better than the predictions as they are. */
  readonly gain: number;
}

export interface RefitEstimator {
  readonly estimator: QualityEstimator;
  readonly models: readonly ModelRefit[];
}

/**
 * An estimator corrected by feedback: identities of kind `irt`, a map in log-odds for each model of any other. It starts from
 * what was trained, whatever refits came between, so the same feedback always gives the same estimator. Predictions of a model
 * whose scores are as foreseen stay as they are, to the bit where it is not of kind `irt`.
 */
export async function refitEstimator(
  estimator: QualityEstimator,
  feedback: FeedbackRows,
  options: RefitOptions = {},
): Promise<RefitEstimator> {
  const base = asTrained(estimator);
  const predicted = predictAll(base, feedback.features, feedback.rows);
  const fits = fitFeedback(feedback, predicted);
  const models = fits.map(({ evidence, drift, effective }, column) => ({
    model: base.models[column] ?? '',
    feedback: evidence.rows.length,
    effective,
    setting: drift.setting,
    gain: drift.gain,
  }));
  if (base.kind === 'irt') {
    const known = fits.map(({ evidence }) => evidence).filter(({ rows }) => rows.length > 0);
    return { estimator: await refitIdentities(base, feedback.features, known, options), models };
  }
  const maps = fits.map(({ drift }) => (drift.setting === null ? unchanged : drift.map));
  const state = refittedState(base.state(), maps);
  return { estimator: estimatorFromState(state, base.models, base.dimension), models };
}

/** What training gave, without what feedback made of it. */
function asTrained(estimator: QualityEstimator): QualityEstimator {
  const state = estimator.state();
  const base = beforeRefit(state) ?? (state.kind === 'irt' ? trainedIdentities(state) : state);
  return base === state ? estimator : estimatorFromState(base, estimator.models, estimator.dimension);
}

/** What feedback says of one model's predictions. */
export interface ModelFit {
  readonly evidence: IdentityEvidence;
  readonly drift: DriftFit;
  readonly effective: number;
}

/**
 * Per model, how its predictions must be corrected by feedback.
 * @param predicted [rows, models] by the estimator as it was trained
 */
export function fitFeedback(feedback: FeedbackRows, predicted: Float32Array): readonly ModelFit[] {
  return feedback.models.map((_, column) => fitModel(feedback, predicted, column));
}

function fitModel(
  { models, chosen, scores: all, probabilities }: FeedbackRows,
  predicted: Float32Array,
  column: number,
): ModelFit {
  const rows = [...chosen.keys()].filter((row) => chosen[row] === column);
  const take = (of: (row: number) => number) => Float64Array.from(rows, of);
  const scores = take((row) => all[row] ?? 0);
  const raw = importanceWeights(take((row) => probabilities[row] ?? 1));
  const weights = evidenceWeights(raw);
  const own = take((row) => predicted[row * models.length + column] ?? 0);
  const drift = fitDrift({ predicted: own, scores, weights });
  const { keep } = drift.setting ?? { keep: 1 };
  return {
    evidence: {
      column,
      rows,
      scores,
      weights: weights.map((weight, i) => weight * keep ** (rows.length - 1 - i)),
      hasChanged: drift.setting !== null,
    },
    drift,
    effective: effectiveSize(raw),
  };
}

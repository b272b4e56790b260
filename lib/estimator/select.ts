import { PointsmanError } from '../errors.ts';
import { checkpoint } from './checkpoint.ts';
import type { LabelledEmbeddings, QualityEstimator, TrainingOptions } from './estimator.ts';
import { predictAll } from './predict.ts';
import { routingError } from './routing-error.ts';
import { selectionRows } from './selection-rows.ts';

/** An estimator to be tried, made when its turn comes. */
export interface Trial {
  readonly detail: string;
  readonly make: () => QualityEstimator;
}

/** The trial with the lowest routing error on the validation rows (see `selectionRows`); the earlier one on a tie. */
export async function selectBest(
  trials: readonly Trial[],
  validation: LabelledEmbeddings,
  options: TrainingOptions,
): Promise<QualityEstimator> {
  const held = selectionRows(validation);
  let best: QualityEstimator | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [done, { detail, make }] of trials.entries()) {
    await checkpoint(options.signal);
    const estimator = make();
    const predictions = predictAll(estimator, held.embeddings, held.rows);
    const error = routingError(predictions, held.scores, held.models.length);
    options.onProgress?.({ done: done + 1, total: trials.length, detail: `${detail}: ${error.toFixed(5)}` });
    if (error < lowest) {
      lowest = error;
      best = estimator;
    }
  }
  if (best === undefined)
    throw new PointsmanError('ERR_INTERNAL', 'no setting gave a finite validation error');
  return best;
}

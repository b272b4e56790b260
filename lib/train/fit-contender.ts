import type { SourcedPrice } from '../cost/price-catalogue.ts';
import { crossFit } from '../estimator/cross-fit.ts';
import type { EstimatorKind } from '../estimator/estimator.ts';
import { estimatorFactory } from '../estimator/registry.ts';
import { gatherRows } from '../estimator/take-rows.ts';
import { type JobProgress, labelledRows } from './embed-table.ts';
import type { Contender, RowPredictions } from './evaluation-input.ts';
import { heldPositions, heldRows } from './learning-rows.ts';
import { type CostData, fitModelCosts } from './model-costs.ts';
import { familiesIn } from './model-registry.ts';

export interface FitOptions {
  readonly estimator: EstimatorKind;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
}

export interface HeldPredictions extends RowPredictions {
  /** The rows predicted, as indices into the table, ascending. */
  readonly rows: readonly number[];
}

export interface FittedContender extends Contender {
  /** Of the learning rows that a fold held out, by estimators and cost heads that were not trained on them. */
  readonly outOfFold: HeldPredictions;
}

/**
 * Trains what predicts quality and costs on all learning rows, with settings chosen by cross-validation over their folds.
 * @param prices of `requirePrices`
 */
export async function fitContender(
  data: CostData,
  prices: ReadonlyMap<string, SourcedPrice>,
  { estimator: kind, seed, signal, onProgress }: FitOptions,
): Promise<FittedContender> {
  const { table, embedded, learning } = data;
  const { estimator, outOfFold: quality } = await crossFit(
    estimatorFactory(kind),
    labelledRows(table, embedded, learning.rows),
    learning.folds,
    {
      seed,
      families: familiesIn(data.registry),
      ...(signal === undefined ? {} : { signal }),
      onProgress: ({ done, total, detail }) => onProgress?.({ stage: `training, ${detail}`, done, total }),
    },
  );
  onProgress?.({ stage: 'learning costs', done: 0, total: 1 });
  const { models, costHead, outOfFold: costValues } = fitModelCosts(data, prices);
  const held = heldPositions(learning);
  const ofHeld = (matrix: Float32Array) => gatherRows(matrix, table.models.length, held);
  const outOfFold = {
    rows: heldRows(learning),
    quality: ofHeld(quality),
    costValues: costValues === null ? null : ofHeld(costValues),
  };
  return { estimator, models, costHead, outOfFold };
}

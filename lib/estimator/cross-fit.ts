import { PointsmanError } from '../errors.ts';
import { checkpoint } from './checkpoint.ts';
import type {
  CrossFitted,
  EstimatorFactory,
  LabelledEmbeddings,
  QualityEstimator,
  TrainingOptions,
} from './estimator.ts';
import { predictAll } from './predict.ts';
import { takeRows } from './take-rows.ts';

/**
 * Trains on all rows, with settings that cross-validation chose, and predicts every row of a fold by an estimator that was not
 * trained on it but on all others, whose settings were chosen on the fold. So the predictions tell what new rows would show, but
 * for the choice of a few settings, and no row is kept from training for it.
 * @param folds the fold of each row, from 0, or -1: in none. Every fold has rows.
 */
export async function crossFit(
  factory: EstimatorFactory,
  data: LabelledEmbeddings,
  folds: readonly number[],
  options: TrainingOptions,
): Promise<CrossFitted> {
  if (factory.crossFit !== undefined) return factory.crossFit(data, folds, options);
  if (factory.refit === undefined) throw new PointsmanError('ERR_INTERNAL', `${factory.kind} has no refit`);
  const count = folds.reduce((a, b) => Math.max(a, b), 0) + 1;
  const columns = data.models.length;
  const outOfFold = new Float32Array(data.rows * columns).fill(Number.NaN);
  const chosen: QualityEstimator[] = [];
  for (let fold = 0; fold < count; ++fold) {
    await checkpoint(options.signal);
    const [training, held] = partition(folds, fold);
    const validation = takeRows(data, held);
    const stage = stageOf(options, { index: fold, count: count + 1, name: `fold ${fold + 1} of ${count}` });
    const estimator = await factory.train(takeRows(data, training), validation, stage);
    const predicted = predictAll(estimator, validation.embeddings, validation.rows);
    for (const [from, row] of held.entries()) {
      outOfFold.set(predicted.subarray(from * columns, (from + 1) * columns), row * columns);
    }
    chosen.push(estimator);
  }
  const last = stageOf(options, { index: count, count: count + 1, name: 'all rows' });
  return { estimator: await factory.refit(data, chosen, last), outOfFold };
}

/** Rows outside and inside of one fold. */
function partition(folds: readonly number[], fold: number): readonly [number[], number[]] {
  const outside: number[] = [];
  const inside: number[] = [];
  for (const [row, its] of folds.entries()) (its === fold ? inside : outside).push(row);
  return [outside, inside];
}

interface Stage {
  readonly index: number;
  readonly count: number;
  readonly name: string;
}

/** Progress of one of several stages that take about as long. */
export function stageOf(options: TrainingOptions, { index, count, name }: Stage): TrainingOptions {
  const { onProgress } = options;
  if (onProgress === undefined) return options;
  return {
    ...options,
    onProgress: ({ done, total, detail }) =>
      onProgress({ done: index + done / total, total: count, detail: `${name}: ${detail}` }),
  };
}

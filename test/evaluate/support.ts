import type { EvaluationInput } from '../../lib/evaluate/input.ts';
import { Random } from '../support/random.ts';

export interface MadeOptions {
  readonly rows?: number;
  readonly models?: number;
  /** Share of the cells that were not run. @default 0 */
  readonly missing?: number;
  readonly seed?: number;
}

/** Made-up runs: dearer models are better on the whole, and the predictions know something of every row. */
export function madeInput({
  rows = 300,
  models = 5,
  missing = 0,
  seed = 1,
}: MadeOptions = {}): EvaluationInput {
  const random = new Random(seed);
  const size = rows * models;
  const scores = new Float64Array(size);
  const costsUsd = new Float64Array(size);
  const predictedQuality = new Float64Array(size);
  const predictedCostUsd = new Float64Array(size);
  for (let cell = 0; cell < size; cell++) {
    const model = cell % models;
    const chance = (0.3 + (0.5 * model) / models + random.next()) / 2;
    const isRun = random.next() >= missing;
    scores[cell] = isRun ? Number(random.next() < chance) : Number.NaN;
    costsUsd[cell] = 1e-5 * 3 ** model * (0.5 + random.next());
    predictedQuality[cell] = chance;
    predictedCostUsd[cell] = 1e-5 * 3 ** model;
  }
  const names = Array.from({ length: models }, (_, model) => `model-${model}`);
  const sources = Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 'maths' : 'law'));
  return { models: names, scores, costsUsd, predictedQuality, predictedCostUsd, sources };
}

/** The same rows in another order; `order` lists old rows by new place. */
export function reorderRows(input: EvaluationInput, order: readonly number[]): EvaluationInput {
  const columns = input.models.length;
  const move = (from: ArrayLike<number>) =>
    Float64Array.from(
      order.flatMap((row) => Array.from({ length: columns }, (_, c) => from[row * columns + c] ?? 0)),
    );
  return {
    models: input.models,
    scores: move(input.scores),
    costsUsd: move(input.costsUsd),
    predictedQuality: move(input.predictedQuality),
    predictedCostUsd: move(input.predictedCostUsd),
    sources: order.map((row) => input.sources?.[row] ?? ''),
  };
}

/** The same models in another order; `order` lists old columns by new place. */
export function reorderModels(input: EvaluationInput, order: readonly number[]): EvaluationInput {
  const columns = input.models.length;
  const move = (from: ArrayLike<number>) =>
    Float64Array.from({ length: from.length }, (_, cell) => {
      const row = Math.floor(cell / columns);
      return from[row * columns + (order[cell % columns] ?? 0)] ?? 0;
    });
  return {
    ...input,
    models: order.map((column) => input.models[column] ?? ''),
    scores: move(input.scores),
    costsUsd: move(input.costsUsd),
    predictedQuality: move(input.predictedQuality),
    predictedCostUsd: move(input.predictedCostUsd),
  };
}

import { PointsmanError } from '../errors.ts';
import type { Cells } from './input.ts';

/** Scores of rows whose source (benchmark and subtask) is known. */
export interface SourcedScores {
  readonly models: readonly string[];
  /** One a row. */
  readonly sources: readonly string[];
  /** [rows, models] in [0, 1]; NaN: not run. */
  readonly scores: ArrayLike<number>;
}

/** How many rows of a source a model's mean over all rows counts for: a source of a few rows must not stand for itself. */
const SHRINKAGE = 10;

/**
 * The control "per-source prior": for rows of the given sources the mean score of each model on the training rows of that
 * source, shrunk to its mean over all training rows; a source that training has not seen takes the latter. It uses the
 * source label, which no router sees: what a router gains above it, it knows of single prompts.
 *
 * Not the same as `bestPerSource`, which names each source's best model by the evaluated rows themselves and knows no cost.
 * @returns predicted qualities [sources, models], to be evaluated as a router's
 * @throws ERR_INVALID_ARGUMENT for scores of another size; ERR_INVALID_DATA for a model without a training score
 */
export function predictBySource(training: SourcedScores, sources: readonly string[]): Float32Array {
  const { models, scores } = training;
  if (scores.length !== training.sources.length * models.length) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `scores: expected [${training.sources.length} rows, ${models.length} models], got ${scores.length} numbers`,
    );
  }
  const overall = sumScores(training, () => true);
  const unscored = models.find((_, model) => overall.known[model] === 0);
  if (unscored !== undefined) {
    throw new PointsmanError('ERR_INVALID_DATA', `model ${unscored} has no score in the training rows`);
  }
  const profiles = new Map<string, number[]>();
  for (const source of new Set(sources)) {
    const own = sumScores(training, (other) => other === source);
    profiles.set(
      source,
      models.map((_, model) => {
        const prior = at(overall.sums, model) / at(overall.known, model);
        return (at(own.sums, model) + SHRINKAGE * prior) / (at(own.known, model) + SHRINKAGE);
      }),
    );
  }
  return Float32Array.from(sources.flatMap((source) => profiles.get(source) ?? []));
}

/**
 * The evaluated rows as a router would see them that predicts each source's mean scores on the validation rows, at the costs
 * that the router at hand predicts. null where it would say nothing: the two sets of rows have fewer than two sources in
 * common, or a model has no score in the validation rows.
 */
export function predictedBySource(cells: Cells, validation: Cells): Cells | null {
  const { models, sources, scores } = validation;
  const known = new Set(sources);
  const shared = new Set(cells.sources.filter((source) => known.has(source)));
  const scored = new Set(validation.eligible.flat());
  if (shared.size < 2 || scored.size < models.length) return null;
  const predicted = predictBySource({ models, sources, scores }, cells.sources);
  return { ...cells, predictedQuality: Float64Array.from(predicted) };
}

interface Sums {
  readonly sums: Float64Array;
  readonly known: Float64Array;
}

/** Sum and number of each model's known scores on the rows whose source is taken. */
function sumScores({ models, sources, scores }: SourcedScores, isTaken: (source: string) => boolean): Sums {
  const sums = new Float64Array(models.length);
  const known = new Float64Array(models.length);
  for (const [row, source] of sources.entries()) {
    if (!isTaken(source)) continue;
    for (let model = 0; model < models.length; ++model) {
      const score = scores[row * models.length + model] ?? Number.NaN;
      if (Number.isNaN(score)) continue;
      sums[model] = at(sums, model) + score;
      known[model] = at(known, model) + 1;
    }
  }
  return { sums, known };
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? Number.NaN;
}

import type { LabelledEmbeddings } from './estimator.ts';
import { modelMeans } from './training-data.ts';

/** Weight of each rank by that of the one before: a value of 0.9 gives the first ten ranks two thirds of the weight. */
const PERSISTENCE = 0.9;

/**
 * Every row's models from best to worst, [rows, models]. Equal scores are ranked by the models' means; a model that was not run
 * is ranked as if it had scored its mean.
 */
export function rankModels(data: LabelledEmbeddings): Int32Array {
  const means = modelMeans(data);
  const models = means.length;
  const rankings = new Int32Array(data.scores.length);
  for (let start = 0; start < rankings.length; start += models) {
    const scores = means.map((mean, model) => {
      const score = data.scores[start + model] as number;
      return Number.isNaN(score) ? mean : score;
    });
    const order = [...scores.keys()].sort(
      (a, b) =>
        (scores[b] as number) - (scores[a] as number) || (means[b] as number) - (means[a] as number) || a - b,
    );
    rankings.set(order, start);
  }
  return rankings;
}

/**
 * Rank-biased overlap of the rankings of two rows (Webber et al. 2010), normalised for rankings of finite depth D as FineRouter
 * has it: (1 - p) / (1 - p^D) sum over depths d of p^(d - 1) |first d of both| / d; 1 for equal ones.
 */
export class RankOverlap {
  readonly #rankings: Int32Array;
  readonly #models: number;
  /** By depth, p^(d - 1) / d, scaled so that equal rankings give 1. */
  readonly #weights: Float64Array;
  /** Where a model was met: the number of the comparison, so that nothing need be cleared. */
  readonly #met: Int32Array;
  #comparison = 0;

  /** @param rankings of `rankModels` */
  constructor(rankings: Int32Array, models: number) {
    this.#rankings = rankings;
    this.#models = models;
    this.#met = new Int32Array(models);
    const scale = (1 - PERSISTENCE) / (1 - PERSISTENCE ** models);
    this.#weights = Float64Array.from({ length: models }, (_, d) => (scale * PERSISTENCE ** d) / (d + 1));
  }

  of(a: number, b: number): number {
    const models = this.#models;
    const comparison = ++this.#comparison;
    let [overlap, sum] = [0, 0];
    for (let d = 0; d < models; ++d) {
      for (const row of [a, b]) {
        const model = this.#rankings[row * models + d] as number;
        if (this.#met[model] === comparison) overlap += 1;
        this.#met[model] = comparison;
      }
      sum += (this.#weights[d] as number) * overlap;
    }
    return sum;
  }
}

import { cholesky } from '../estimator/cholesky.ts';

/** N(mean, factor factor^T) over identities. */
export interface IdentityPrior {
  /** [identity] */
  readonly mean: Float32Array;
  /** [identity, identity] */
  readonly factor: Float32Array;
}

/** Share of the covariance that is spread evenly over all directions: a few models span only a few. */
const SHRINKAGE = 0.2;

/** N(0, I), the paper's. */
export function standardPrior(size: number): IdentityPrior {
  const factor = new Float32Array(size * size);
  for (let i = 0; i < size; ++i) factor[i * size + i] = 1;
  return { mean: new Float32Array(size), factor };
}

/**
 * What the known models tell of the next one: the mean and covariance of their identities, the latter shrunk.
 * @param identities [models, size]
 * @param logVariances [models, size]
 */
export function pooledPrior(
  identities: Float32Array,
  logVariances: Float32Array,
  size: number,
): IdentityPrior {
  const models = identities.length / size;
  const mean = new Float32Array(size);
  for (const [i, value] of identities.entries()) mean[i % size] = (mean[i % size] as number) + value / models;
  const covariance = new Float64Array(size * size);
  for (let model = 0; model < models; ++model) {
    for (let i = 0; i < size; ++i) {
      const a = (identities[model * size + i] as number) - (mean[i] as number);
      for (let j = 0; j < size; ++j) {
        const b = (identities[model * size + j] as number) - (mean[j] as number);
        covariance[i * size + j] = (covariance[i * size + j] as number) + (a * b) / Math.max(1, models - 1);
      }
      const own = Math.exp(logVariances[model * size + i] as number) / models;
      covariance[i * size + i] = (covariance[i * size + i] as number) + own;
    }
  }
  let trace = 0;
  for (let i = 0; i < size; ++i) trace += covariance[i * size + i] as number;
  const shrunk = covariance.map((value, cell) => {
    const isDiagonal = Math.floor(cell / size) === cell % size;
    return (1 - SHRINKAGE) * value + (isDiagonal ? (SHRINKAGE * trace) / size : 0);
  });
  const lower = cholesky(shrunk, size);
  if (lower === null) return standardPrior(size);
  return { mean, factor: Float32Array.from(lower) };
}

/**
 * No decision counts for more than this many that had to be so. A model that is only ever chosen by exploration at 0.05 among ten
 * would weigh 200, and the few times it was chosen by the policy nothing.
 */
export const mostWeight = 20;

/**
 * What each observation counts for so that a policy's choices stand for all prompts: 1 / probability, clipped. Prompts that a model
 * was likely to get are over-represented among its observations, by exactly that.
 */
export function importanceWeights(probabilities: ArrayLike<number>, most = mostWeight): Float64Array {
  return Float64Array.from(probabilities, (probability) => Math.min(most, 1 / probability));
}

/** How many observations of equal weight tell as much (Kish): (sum w)^2 / sum w^2. */
export function effectiveSize(weights: ArrayLike<number>): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    sum += weight;
    squares += weight * weight;
  }
  return squares > 0 ? (sum * sum) / squares : 0;
}

/** Self-normalised: the weights scaled to sum to their effective size, so that they count for what they tell. */
export function evidenceWeights(weights: Float64Array): Float64Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const scale = sum > 0 ? effectiveSize(weights) / sum : 0;
  return weights.map((weight) => weight * scale);
}

/** A weighted mean, self-normalised, and its standard error. */
export interface WeightedMean {
  readonly mean: number;
  readonly standardError: number;
}

export function weightedMean(values: Float64Array, weights: Float64Array): WeightedMean {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (!(sum > 0)) return { mean: 0, standardError: 0 };
  const mean = values.reduce((total, value, i) => total + value * (weights[i] ?? 0), 0) / sum;
  const squares = values.reduce((total, value, i) => total + ((weights[i] ?? 0) * (value - mean)) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares) / sum };
}

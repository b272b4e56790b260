/** Keeps the logits of models that are always right, or never, finite. */
const MEAN_MARGIN = 0.02;

/** Output biases [models] from which training starts as the constant estimator. */
export function meanLogits(meanScores: Float32Array): Float32Array {
  return meanScores.map((mean) => {
    const p = Math.min(1 - MEAN_MARGIN, Math.max(MEAN_MARGIN, mean));
    return Math.log(p / (1 - p));
  });
}

/** Weight of the error that all models of a row share. It moves thresholds and reports, never the order of models. */
const SHARED_ERROR_WEIGHT = 0.05;

/**
 * The error by which settings are chosen on validation rows: mean squared error over the known cells, in which the
 * part common to all models of a row counts little. Routing compares models on one prompt, so an estimator that is
 * wrong by the same amount for all of them decides as well as a perfect one.
 * `predictions` and `scores` are [rows, models]; NaN scores are missing cells.
 */
export function routingError(predictions: Float32Array, scores: Float32Array, models: number): number {
  const known = scores.reduce((count, score) => (Number.isNaN(score) ? count : count + 1), 0);
  if (known === 0) return 0;
  const errors = weighRoutingErrors(predictions, scores, models);
  return errors.reduce((sum, error) => sum + error * error, 0) / known;
}

/**
 * Prediction errors [rows, models] whose squares sum to what `routingError` is the mean of: of each row, the part common to
 * its models is scaled down. Linear in the predictions; 0 for a missing cell.
 */
export function weighRoutingErrors(
  predictions: Float32Array,
  scores: Float32Array,
  models: number,
): Float64Array {
  const errors = new Float64Array(scores.length);
  for (let start = 0; start < scores.length; start += models) {
    let sum = 0;
    let count = 0;
    for (let cell = start; cell < start + models; ++cell) {
      const error = (predictions[cell] as number) - (scores[cell] as number);
      if (Number.isNaN(error)) continue;
      errors[cell] = error;
      sum += error;
      count += 1;
    }
    if (count === 0) continue;
    const taken = (1 - Math.sqrt(SHARED_ERROR_WEIGHT)) * (sum / count);
    for (let cell = start; cell < start + models; ++cell) {
      if (!Number.isNaN(scores[cell])) errors[cell] = (errors[cell] as number) - taken;
    }
  }
  return errors;
}

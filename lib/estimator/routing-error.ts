/** Weight of the error that all models of a row share. It moves thresholds and reports, never the order of models. */
const SHARED_ERROR_WEIGHT = 0.05;

/**
 * The error by which settings are chosen on validation rows: mean squared error over the known cells, in which the
 * part common to all models of a row counts little. Routing compares models on one prompt, so an estimator that is
 * wrong by the same amount for all of them decides as well as a perfect one.
 * `predictions` and `scores` are [rows, models]; NaN scores are missing cells.
 */
export function routingError(predictions: Float32Array, scores: Float32Array, models: number): number {
  let shared = 0;
  let deviation = 0;
  let known = 0;
  for (let start = 0; start < scores.length; start += models) {
    let sum = 0;
    let squares = 0;
    let count = 0;
    for (let cell = start; cell < start + models; ++cell) {
      const error = (predictions[cell] as number) - (scores[cell] as number);
      if (Number.isNaN(error)) continue;
      sum += error;
      squares += error * error;
      count += 1;
    }
    if (count === 0) continue;
    const common = (sum * sum) / count;
    shared += common;
    deviation += squares - common;
    known += count;
  }
  return known === 0 ? 0 : (deviation + SHARED_ERROR_WEIGHT * shared) / known;
}

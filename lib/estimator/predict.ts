import { PointsmanError } from '../errors.ts';
import { scoreRows } from '../score-rows.ts';
import type { QualityEstimator } from './estimator.ts';

/** embeddings [rows, dimension] to predicted qualities [rows, models], by the native head that serves requests too. */
export function predictAll(
  estimator: QualityEstimator,
  embeddings: Float32Array,
  rows: number,
): Float32Array {
  const { dimension } = estimator;
  if (embeddings.length !== rows * dimension) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `predictAll: ${rows} rows of ${dimension} values are ${rows * dimension} values, got ${embeddings.length}`,
    );
  }
  return scoreRows(estimator.headSpec(), embeddings, rows);
}

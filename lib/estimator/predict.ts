import { createHead } from '../../bindings/engine.ts';
import { PointsmanError } from '../errors.ts';
import type { QualityEstimator } from './estimator.ts';

/** Bounds the scratch memory of one native call. */
const BLOCK_ROWS = 1024;

/** embeddings [rows, dimension] to predicted qualities [rows, models], by the native head that serves requests too. */
export function predictAll(
  estimator: QualityEstimator,
  embeddings: Float32Array,
  rows: number,
): Float32Array {
  const { dimension, models } = estimator;
  if (embeddings.length !== rows * dimension) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `predictAll: ${rows} rows of ${dimension} values are ${rows * dimension} values, got ${embeddings.length}`,
    );
  }
  using head = createHead(estimator.headSpec());
  const predictions = new Float32Array(rows * models.length);
  for (let row = 0; row < rows; row += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - row);
    const block = embeddings.subarray(row * dimension, (row + count) * dimension);
    predictions.set(head.score(block, count), row * models.length);
  }
  return predictions;
}

import type { NativeHeadSpec } from '../bindings/addon.ts';
import { createHead } from '../bindings/engine.ts';

/** Bounds the scratch memory of one native call. */
const blockRows = 1024;

/** embeddings [rows, dimension] to scores [rows, models], by the native head that serves requests too. */
export function scoreRows(spec: NativeHeadSpec, embeddings: Float32Array, rows: number): Float32Array {
  using head = createHead(spec);
  const dimension = rows === 0 ? 0 : embeddings.length / rows;
  const scores = new Float32Array(rows * head.models);
  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row);
    const block = embeddings.subarray(row * dimension, (row + count) * dimension);
    scores.set(head.score(block, count), row * head.models);
  }
  return scores;
}

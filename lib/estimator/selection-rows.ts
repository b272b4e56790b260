import type { LabelledEmbeddings } from './estimator.ts';

/**
 * Validation rows that settings are tried on at most. Where the error of a row varies as much as its mean, the mean over
 * 4,096 rows is known to 1 / sqrt(4096) = 1.6 %, and the difference of two settings on the same rows much better; more rows
 * only cost time (`knn` tries 24 settings against all training rows).
 */
export const mostSelectionRows = 4096;

/** Evenly spaced rows of `data`, all of them where they are few: the same rows every time, whatever order sources come in. */
export function selectionRows(data: LabelledEmbeddings, most = mostSelectionRows): LabelledEmbeddings {
  const { rows, dimension, models } = data;
  if (rows <= most) return data;
  const taken = Array.from({ length: most }, (_, i) => Math.floor((i * rows) / most));
  return takeRows(data, taken, { dimension, models: models.length });
}

function takeRows(
  data: LabelledEmbeddings,
  rows: readonly number[],
  columns: { readonly dimension: number; readonly models: number },
): LabelledEmbeddings {
  return {
    ...data,
    rows: rows.length,
    embeddings: gather(data.embeddings, columns.dimension, rows),
    scores: gather(data.scores, columns.models, rows),
  };
}

function gather(matrix: Float32Array, columns: number, rows: readonly number[]): Float32Array {
  const out = new Float32Array(rows.length * columns);
  for (const [to, row] of rows.entries()) {
    out.set(matrix.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}

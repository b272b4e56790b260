import type { LabelledEmbeddings } from './estimator.ts';

/** The given rows of `data`, in the order given. */
export function takeRows(data: LabelledEmbeddings, rows: readonly number[]): LabelledEmbeddings {
  const { sources, descriptions } = data;
  return {
    ...data,
    rows: rows.length,
    ...(sources === undefined ? {} : { sources: rows.map((row) => sources[row] ?? '') }),
    embeddings: gatherRows(data.embeddings, data.dimension, rows),
    ...(descriptions === undefined
      ? {}
      : { descriptions: gatherRows(descriptions, descriptions.length / data.rows, rows) }),
    scores: gatherRows(data.scores, data.models.length, rows),
  };
}

/** The given rows of a matrix [., columns], in the order given. */
export function gatherRows(matrix: Float32Array, columns: number, rows: readonly number[]): Float32Array {
  const out = new Float32Array(rows.length * columns);
  for (const [to, row] of rows.entries()) {
    out.set(matrix.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}

import type { NativeKernels } from '../../bindings/addon.ts';
import type { LabelledEmbeddings } from './estimator.ts';

/**
 * The least-squares problem of all models that were run on the same rows: centred normal equations, which leave the
 * intercept unpenalised.
 */
export interface NormalEquations {
  /** Column indices of the models. */
  readonly models: readonly number[];
  /** Mean embedding over the rows, [dimension]. */
  readonly meanEmbedding: Float64Array;
  /** Mean score per model of the group. */
  readonly meanScores: Float64Array;
  /** X^T X of the centred embeddings, [dimension, dimension]. */
  readonly gram: Float32Array;
  /** X^T Y of the centred embeddings and scores, [dimension, models of the group]. */
  readonly moments: Float32Array;
}

/** Models grouped by the rows they were run on, so that complete data need one matrix for all of them. */
export function groupByKnownRows(data: LabelledEmbeddings): { models: number[]; rows: number[] }[] {
  const groups = new Map<string, { models: number[]; rows: number[] }>();
  data.models.forEach((_, model) => {
    const rows: number[] = [];
    for (let row = 0; row < data.rows; ++row) {
      if (!Number.isNaN(data.scores[row * data.models.length + model])) rows.push(row);
    }
    const key = rows.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { models: [model], rows });
    else group.models.push(model);
  });
  return [...groups.values()];
}

export function normalEquations(
  kernels: NativeKernels,
  data: LabelledEmbeddings,
  group: { readonly models: readonly number[]; readonly rows: readonly number[] },
): NormalEquations {
  const { models, rows } = group;
  const { dimension } = data;
  const x = centred(rows.length, dimension, (i, d) => data.embeddings[(rows[i] ?? 0) * dimension + d]);
  const y = centred(rows.length, models.length, (i, m) => {
    return data.scores[(rows[i] ?? 0) * data.models.length + (models[m] ?? 0)];
  });
  const gram = new Float32Array(dimension * dimension);
  const moments = new Float32Array(dimension * models.length);
  kernels.gemm(true, false, dimension, dimension, rows.length, x.values, x.values, gram, false);
  kernels.gemm(true, false, dimension, models.length, rows.length, x.values, y.values, moments, false);
  return { models, meanEmbedding: x.means, meanScores: y.means, gram, moments };
}

/** A [rows, columns] matrix less its column means. */
function centred(
  rows: number,
  columns: number,
  cell: (row: number, column: number) => number | undefined,
): { readonly values: Float32Array; readonly means: Float64Array } {
  const values = new Float32Array(rows * columns);
  const means = new Float64Array(columns);
  for (let i = 0; i < values.length; ++i) {
    const column = i % columns;
    const value = cell(Math.floor(i / columns), column) as number;
    values[i] = value;
    means[column] = (means[column] as number) + value / rows;
  }
  for (let i = 0; i < values.length; ++i) {
    values[i] = (values[i] as number) - (means[i % columns] as number);
  }
  return { values, means };
}

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

/** Rows per product: a block of centred embeddings stays in L2 and L3, and memory does not grow with the rows. */
const BLOCK = 2048;

export function normalEquations(
  kernels: NativeKernels,
  data: LabelledEmbeddings,
  group: { readonly models: readonly number[]; readonly rows: readonly number[] },
): NormalEquations {
  const { models, rows } = group;
  const { dimension } = data;
  const columns = Array.from({ length: dimension }, (_, d) => d);
  const embeddings: Columns = { values: data.embeddings, width: dimension, columns };
  const scores: Columns = { values: data.scores, width: data.models.length, columns: models };
  const meanEmbedding = columnMeans(embeddings, rows);
  const meanScores = columnMeans(scores, rows);
  const gram = new Float32Array(dimension * dimension);
  const moments = new Float32Array(dimension * models.length);
  for (let start = 0; start < rows.length; start += BLOCK) {
    const block = rows.slice(start, start + BLOCK);
    const x = centredRows(embeddings, meanEmbedding, block);
    const y = centredRows(scores, meanScores, block);
    kernels.gemm(true, false, dimension, dimension, block.length, x, x, gram, true);
    kernels.gemm(true, false, dimension, models.length, block.length, x, y, moments, true);
  }
  return { models, meanEmbedding, meanScores, gram, moments };
}

/** Some columns of a row-major matrix that is `width` wide. */
interface Columns {
  readonly values: Float32Array;
  readonly width: number;
  readonly columns: readonly number[];
}

function columnMeans({ values, width, columns }: Columns, rows: readonly number[]): Float64Array {
  const means = new Float64Array(columns.length);
  for (const row of rows) {
    for (let i = 0; i < means.length; ++i) {
      const value = values[row * width + (columns[i] as number)] as number;
      means[i] = (means[i] as number) + value / rows.length;
    }
  }
  return means;
}

/** The given rows less `means`, [rows, columns]. */
function centredRows(
  { values, width, columns }: Columns,
  means: Float64Array,
  rows: readonly number[],
): Float32Array {
  const out = new Float32Array(rows.length * means.length);
  let to = 0;
  for (const row of rows) {
    for (let i = 0; i < means.length; ++i) {
      out[to++] = (values[row * width + (columns[i] as number)] as number) - (means[i] as number);
    }
  }
  return out;
}

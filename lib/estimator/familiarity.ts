import { loadAddon } from '../../bindings/load.ts';
import type { LabelledEmbeddings } from './estimator.ts';
import { normaliseRows } from './k-means.ts';
import { principalComponents } from './principal-components.ts';
import { sampleRows } from './sample-rows.ts';

/** Stored prompts that a prompt's familiarity is the mean similarity to: enough that no single one decides. */
export const familiarNeighbours = 10;

/** Rows that are stored at most; they travel with the router, at 256 bytes each. */
const MOST_KEYS = 4096;

/** Principal components of the embedding that similarities are taken in, as `knn` does. */
const COMPONENTS = 64;

/** Rows per product, which bounds the memory of similarities. */
const BLOCK = 512;

/** Training prompts that others are compared with. */
export interface StoredPrompts {
  /** [components, dimension] */
  readonly projection: Float32Array;
  /** [rows.length, components] */
  readonly keys: Float32Array;
  /** Which rows of the data the keys are. */
  readonly rows: readonly number[];
}

/** Stores a random part of the rows, by their embeddings alone: what stands beside those has another scale. */
export function storePrompts(data: LabelledEmbeddings, seed: number): StoredPrompts {
  const { kernels } = loadAddon();
  const { dimension } = data;
  const { width, values } = embeddingsOf(data);
  const components = Math.min(COMPONENTS, width);
  const basis = principalComponents(kernels, values, width, components);
  const projection = new Float32Array(components * dimension);
  for (let component = 0; component < components; ++component) {
    projection.set(basis.subarray(component * width, (component + 1) * width), component * dimension);
  }
  const kept = sampleRows(data.rows, MOST_KEYS, seed);
  const keys = new Float32Array(kept.length * components);
  for (const [to, row] of kept.entries()) {
    const own = values.subarray(row * width, (row + 1) * width);
    const key = keys.subarray(to * components, (to + 1) * components);
    kernels.gemm(false, true, 1, components, width, own, basis, key, false);
  }
  return { projection, keys, rows: kept };
}

/** Embeddings without what stands beside them, each of length 1. */
export function embeddingsOf({ dimension, blocks, embeddings }: LabelledEmbeddings) {
  const width = blocks?.[0] ?? dimension;
  const values = new Float32Array((embeddings.length / dimension) * width);
  for (let row = 0; row * dimension < embeddings.length; ++row) {
    values.set(embeddings.subarray(row * dimension, row * dimension + width), row * width);
  }
  return { width, values: normaliseRows(values, width) };
}

/**
 * How familiar each row is: the mean similarity to its nearest stored prompts, `familiarNeighbours` of them, of other parts
 * than its own, as if its part had not been stored. 0 where no prompt of another part is stored.
 * @param parts the part of each row
 */
export function familiarityAcross(
  data: LabelledEmbeddings,
  { projection, keys, rows }: StoredPrompts,
  parts: readonly number[],
): Float64Array {
  const { kernels } = loadAddon();
  const { dimension, embeddings } = data;
  const components = projection.length / dimension;
  const similarities = new Float32Array(BLOCK * rows.length);
  const familiarity = new Float64Array(data.rows);
  for (let start = 0; start < data.rows; start += BLOCK) {
    const count = Math.min(BLOCK, data.rows - start);
    const prompts = embeddings.subarray(start * dimension, (start + count) * dimension);
    const projected = new Float32Array(count * components);
    kernels.gemm(false, true, count, components, dimension, prompts, projection, projected, false);
    const out = similarities.subarray(0, count * rows.length);
    kernels.gemm(false, true, count, rows.length, components, projected, keys, out, false);
    for (let row = 0; row < count; ++row) {
      const own = out.subarray(row * rows.length, (row + 1) * rows.length);
      const part = parts[start + row];
      familiarity[start + row] = meanOfLargest(own, (key) => parts[rows[key] as number] !== part);
    }
  }
  return familiarity;
}

function meanOfLargest(values: Float32Array, isTaken: (index: number) => boolean): number {
  const largest: number[] = []; // ascending
  for (let i = 0; i < values.length; ++i) {
    const value = values[i] as number;
    const isFull = largest.length === familiarNeighbours;
    if ((isFull && value <= (largest[0] as number)) || !isTaken(i)) continue;
    if (isFull) largest.shift();
    const above = largest.findIndex((other) => other > value);
    largest.splice(above < 0 ? largest.length : above, 0, value);
  }
  return largest.length === 0 ? 0 : largest.reduce((sum, value) => sum + value, 0) / largest.length;
}

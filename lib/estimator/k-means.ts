import type { NativeKernels } from '../../bindings/addon.ts';
import type { Random } from '../nn/random.ts';
import { checkpoint } from './checkpoint.ts';

/** Directions to be clustered: [rows, dimension], each row of length 1 (or 0, where there is no direction). */
export interface Directions {
  readonly rows: number;
  readonly dimension: number;
  readonly values: Float32Array;
}

export interface ClusterOptions {
  readonly kernels: NativeKernels;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
}

/** Rounds after which assignments are taken as they are; a few in a thousand rows still move then. */
const MAX_ROUNDS = 30;

/** A round that moves a smaller share of the rows is the last. */
const SETTLED = 0.001;

/**
 * Rows a cluster is fitted on at most, and rows among which its first centre is drawn. More of the former do not move a
 * mean of unit vectors by much (faiss stops at 256 as well).
 */
const ROWS_PER_CLUSTER = 256;
const SEED_ROWS_PER_CLUSTER = 32;

/** Rows per product, which bounds the memory of similarities. */
const BLOCK = 4096;

/**
 * Spherical k-means (Dhillon and Modha 2001): centres of length 1, [clusters, dimension], that the given directions lie
 * near by inner product; the order of nearness is that of Euclidean distance, for all lengths are 1. Starts from
 * k-means++ (Arthur and Vassilvitskii 2007). `clusters` must not exceed the number of rows.
 */
export async function clusterDirections(
  directions: Directions,
  clusters: number,
  options: ClusterOptions,
): Promise<Float32Array> {
  const sample = drawRows(directions, ROWS_PER_CLUSTER * clusters, options.random);
  const centres = seedCentres(sample, clusters, options);
  let assigned = new Int32Array(sample.rows).fill(-1);
  for (let round = 0; round < MAX_ROUNDS; ++round) {
    await checkpoint(options.signal);
    const { nearest, similarity } = assignRows(options.kernels, sample, centres);
    const moved = nearest.reduce((count, cluster, row) => (cluster === assigned[row] ? count : count + 1), 0);
    assigned = nearest;
    moveCentres(sample, nearest, similarity, centres);
    if (moved < SETTLED * sample.rows) break;
  }
  return centres;
}

export interface Assignment {
  /** Index of each row's nearest centre; of equally near ones the first. */
  readonly nearest: Int32Array<ArrayBuffer>;
  /** Inner product with it. */
  readonly similarity: Float32Array;
}

/** The nearest of `centres` [clusters, dimension] for every row. */
export function assignRows(
  kernels: NativeKernels,
  { rows, dimension, values }: Directions,
  centres: Float32Array,
): Assignment {
  const clusters = centres.length / dimension;
  const nearest = new Int32Array(rows);
  const similarity = new Float32Array(rows);
  const products = new Float32Array(Math.min(BLOCK, rows) * clusters);
  for (let start = 0; start < rows; start += BLOCK) {
    const count = Math.min(BLOCK, rows - start);
    const block = values.subarray(start * dimension, (start + count) * dimension);
    const out = products.subarray(0, count * clusters);
    kernels.gemm(false, true, count, clusters, dimension, block, centres, out, false);
    for (let row = 0; row < count; ++row) {
      let best = 0;
      for (let cluster = 1; cluster < clusters; ++cluster) {
        if ((out[row * clusters + cluster] as number) > (out[row * clusters + best] as number))
          best = cluster;
      }
      nearest[start + row] = best;
      similarity[start + row] = out[row * clusters + best] as number;
    }
  }
  return { nearest, similarity };
}

/** Rows of `matrix` [rows, dimension] divided by their lengths; a row of zeros stays. */
export function normaliseRows(matrix: Float32Array, dimension: number): Float32Array {
  const out = matrix.slice();
  for (let start = 0; start < out.length; start += dimension) {
    let squares = 0;
    for (let i = start; i < start + dimension; ++i) squares += (out[i] as number) ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = start; i < start + dimension; ++i) out[i] = scale * (out[i] as number);
  }
  return out;
}

/** At most `count` rows in random order, so that the first ones are a sample of their own. */
function drawRows({ rows, dimension, values }: Directions, count: number, random: Random): Directions {
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  random.shuffle(order);
  const taken = order.subarray(0, Math.min(rows, count));
  const drawn = new Float32Array(taken.length * dimension);
  taken.forEach((row, to) => {
    drawn.set(values.subarray(row * dimension, (row + 1) * dimension), to * dimension);
  });
  return { rows: taken.length, dimension, values: drawn };
}

/** k-means++: each next centre is a row, drawn with probability in proportion to its squared distance to the nearest so far. */
function seedCentres(
  sample: Directions,
  clusters: number,
  { kernels, random }: ClusterOptions,
): Float32Array<ArrayBuffer> {
  const { dimension, values } = sample;
  const rows = Math.min(sample.rows, SEED_ROWS_PER_CLUSTER * clusters);
  const pool = values.subarray(0, rows * dimension);
  const centres = new Float32Array(clusters * dimension);
  const distances = new Float64Array(rows).fill(1);
  const products = new Float32Array(rows);
  for (let cluster = 0; cluster < clusters; ++cluster) {
    const chosen = drawIndex(distances, random);
    const centre = pool.subarray(chosen * dimension, (chosen + 1) * dimension);
    centres.set(centre, cluster * dimension);
    kernels.gemm(false, true, rows, 1, dimension, pool, centre, products, false);
    for (let row = 0; row < rows; ++row) {
      const distance = Math.max(0, 2 - 2 * (products[row] as number));
      distances[row] = cluster === 0 ? distance : Math.min(distance, distances[row] as number);
    }
  }
  return centres;
}

/** An index with probability in proportion to its weight; any, where all weights are 0. */
function drawIndex(weights: Float64Array, random: Random): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return random.integer(weights.length);
  let left = random.uniform() * total;
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return found < 0 ? weights.length - 1 : found; // rounding can leave a little
}

/** Each centre to the direction of its rows' mean; one that lost all rows, to the row that lies farthest from its own centre. */
function moveCentres(
  { rows, dimension, values }: Directions,
  nearest: Int32Array,
  similarity: Float32Array,
  centres: Float32Array,
): void {
  const clusters = centres.length / dimension;
  const sums = new Float64Array(centres.length);
  const counts = new Int32Array(clusters);
  for (let row = 0; row < rows; ++row) {
    const cluster = nearest[row] as number;
    counts[cluster] = (counts[cluster] as number) + 1;
    for (let i = 0; i < dimension; ++i) {
      const at = cluster * dimension + i;
      sums[at] = (sums[at] as number) + (values[row * dimension + i] as number);
    }
  }
  const farthest = counts.includes(0) ? rowsFromFarthest(similarity) : [];
  for (let cluster = 0; cluster < clusters; ++cluster) {
    const target = centres.subarray(cluster * dimension, (cluster + 1) * dimension);
    if (counts[cluster] === 0) {
      const row = farthest.shift() ?? 0;
      target.set(values.subarray(row * dimension, (row + 1) * dimension));
      continue;
    }
    const sum = sums.subarray(cluster * dimension, (cluster + 1) * dimension);
    const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
    if (length > 0) target.set(sum.map((value) => value / length));
  }
}

function rowsFromFarthest(similarity: Float32Array): number[] {
  return [...similarity.keys()].sort((a, b) => (similarity[a] as number) - (similarity[b] as number));
}

import type { EstimatorState, LabelledEmbeddings, StateTensor } from './estimator.ts';
import { readTensor } from './state.ts';

/**
 * How features of several kinds are brought to one scale: clamp((x - mean) * scale, -4, 4) * weight, divided by the L2 norm
 * of the whole, as the native standardised head does. All [dimension].
 */
export interface Standardisation {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  readonly weight: Float32Array;
}

const mostDeviations = 4;

/**
 * A feature that hardly varies in training counts as varying by this share of its block's typical deviation: it may vary
 * later, and must not drown the others then.
 */
const leastDeviation = 0.25;

/** From training rows. Every block of `data.blocks` gets the same weight, whatever its width. */
export function fitStandardisation(data: LabelledEmbeddings): Standardisation {
  const { dimension, blocks = [dimension] } = data;
  const { mean, deviation } = columnMoments(data);
  const scale = new Float32Array(dimension);
  const weight = new Float32Array(dimension);
  let start = 0;
  for (const width of blocks) {
    const own = deviation.subarray(start, start + width);
    const typical = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0) / width);
    const least = typical > 0 ? leastDeviation * typical : 1;
    for (const [d, value] of own.entries()) {
      scale[start + d] = 1 / Math.max(value, least);
      weight[start + d] = 1 / Math.sqrt(width);
    }
    start += width;
  }
  return { mean: Float32Array.from(mean), scale, weight };
}

/** Mean and standard deviation of each column, in two passes. */
function columnMoments({ rows, dimension, embeddings }: LabelledEmbeddings) {
  const mean = new Float64Array(dimension);
  const deviation = new Float64Array(dimension);
  for (const [i, value] of embeddings.entries())
    mean[i % dimension] = (mean[i % dimension] ?? 0) + value / rows;
  for (const [i, value] of embeddings.entries()) {
    const d = i % dimension;
    deviation[d] = (deviation[d] ?? 0) + (value - (mean[d] ?? 0)) ** 2 / rows;
  }
  return { mean, deviation: deviation.map(Math.sqrt) };
}

/** [rows, dimension] features to what the inner head sees of them. */
export function standardise({ mean, scale, weight }: Standardisation, features: Float32Array): Float32Array {
  const dimension = mean.length;
  const out = new Float32Array(features.length);
  for (let row = 0; row < features.length; row += dimension) {
    let squares = 0;
    for (let d = 0; d < dimension; ++d) {
      const deviations = ((features[row + d] ?? 0) - (mean[d] ?? 0)) * (scale[d] ?? 0);
      const value = Math.min(mostDeviations, Math.max(-mostDeviations, deviations)) * (weight[d] ?? 0);
      out[row + d] = value;
      squares += value * value;
    }
    const norm = Math.max(Math.sqrt(squares), 1e-12);
    for (let d = row; d < row + dimension; ++d) out[d] = (out[d] ?? 0) / norm;
  }
  return out;
}

/** Names of the tensors beside those of the inner estimator. */
const names = {
  mean: 'standardise.mean',
  scale: 'standardise.scale',
  weight: 'standardise.weight',
} as const;

export function standardisationTensors(given: Standardisation): Record<string, StateTensor> {
  const shape = [given.mean.length];
  return {
    [names.mean]: { shape, data: given.mean },
    [names.scale]: { shape, data: given.scale },
    [names.weight]: { shape, data: given.weight },
  };
}

/** The standardisation that a state holds, null where it holds none, and the inner estimator's state. */
export function splitStandardisation(
  state: EstimatorState,
  dimension: number,
): { readonly standardisation: Standardisation | null; readonly inner: EstimatorState } {
  const { [names.mean]: mean, [names.scale]: scale, [names.weight]: weight, ...tensors } = state.tensors;
  if (mean === undefined && scale === undefined && weight === undefined) {
    return { standardisation: null, inner: state };
  }
  const read = (name: string) => readTensor(state, name, [dimension]).data;
  return {
    standardisation: { mean: read(names.mean), scale: read(names.scale), weight: read(names.weight) },
    inner: { ...state, tensors },
  };
}

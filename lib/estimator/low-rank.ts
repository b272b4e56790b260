import type { NativeKernels } from '../../bindings/addon.ts';
import type { Random } from '../nn/random.ts';
import { cholesky, solveCholesky } from './cholesky.ts';
import { solveSymmetric } from './conjugate-gradients.ts';
import type { NormalEquations } from './normal-equations.ts';

/** A matrix of weights [models, dimension] as the product of V and W. */
export interface LowRankWeights {
  readonly rank: number;
  /** V, one vector a model, [models, rank]. */
  readonly modelVectors: Float32Array;
  /** W, the projection of an embedding, [rank, dimension]. */
  readonly projection: Float32Array;
}

/** Least squares in X^T X and X^T Y: what alternating least squares needs of the rows, however many there are. */
export interface LowRankProblem {
  readonly kernels: NativeKernels;
  readonly dimension: number;
  readonly models: number;
  readonly groups: readonly NormalEquations[];
  /** X_m^T y_m of every model, [models, dimension]. */
  readonly moments: Float32Array;
}

/** Rounds at most; a start near the solution needs few of them. */
const MAX_ROUNDS = 30;

/** A round that changes V by a smaller share of its length is the last: predictions then move by less than that. */
const SETTLED = 2e-3;

/** Products with X^T X per round; the projection starts from that of the round before. */
const MAX_PRODUCTS = 20;
const RESIDUAL = 1e-3;

export function lowRankProblem(
  kernels: NativeKernels,
  groups: readonly NormalEquations[],
  size: { readonly dimension: number; readonly models: number },
): LowRankProblem {
  const { dimension, models } = size;
  const moments = new Float32Array(models * dimension);
  for (const group of groups) {
    for (const [column, model] of group.models.entries()) {
      for (let d = 0; d < dimension; ++d) {
        moments[model * dimension + d] = group.moments[d * group.models.length + column] as number;
      }
    }
  }
  return { kernels, groups, moments, ...size };
}

/** V drawn at random, W to be solved for: where the first of a path of penalties starts. */
export function randomStart(problem: LowRankProblem, rank: number, random: Random): LowRankWeights {
  const modelVectors = Float32Array.from({ length: problem.models * rank }, () => random.normal());
  return { rank, modelVectors, projection: new Float32Array(rank * problem.dimension) };
}

/**
 * V and W that minimise the sum over known cells of (y - v_m . W x)^2 on centred data, plus penalty * (|V|^2 + |W|^2), by
 * alternating least squares (Koren, Bell and Volinsky 2009) from `start`. With as many factors as the solution has, this is
 * the trace norm of V W times twice the penalty (Srebro et al. 2004), so a penalty above `largestPenalty` leaves nothing.
 */
export function alternate(problem: LowRankProblem, penalty: number, start: LowRankWeights): LowRankWeights {
  let { modelVectors, projection } = start;
  for (let round = 0; round < MAX_ROUNDS; ++round) {
    projection = solveProjection(problem, penalty, { ...start, modelVectors, projection });
    const before = modelVectors;
    modelVectors = solveModelVectors(problem, penalty, { ...start, modelVectors, projection });
    const change = modelVectors.reduce((sum, value, i) => sum + (value - (before[i] as number)) ** 2, 0);
    if (change <= SETTLED ** 2 * squares(modelVectors)) break;
  }
  return { rank: start.rank, modelVectors, projection };
}

/** The largest singular value of X^T Y, by the power method on its products with itself: accurate to a few percent. */
export function largestPenalty({ kernels, models, dimension, moments }: LowRankProblem): number {
  const gram = new Float32Array(models * models);
  kernels.gemm(false, true, models, models, dimension, moments, moments, gram, false);
  let vector = new Float64Array(models).fill(1);
  let length = 0;
  for (let step = 0; step < 50; ++step) {
    const next = Float64Array.from({ length: models }, (_, row) =>
      vector.reduce((sum, value, column) => sum + value * (gram[row * models + column] as number), 0),
    );
    length = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0));
    if (length === 0) return 0;
    vector = next.map((value) => value / length);
  }
  return Math.sqrt(length);
}

/** W from sum_g V_g^T V_g W X_g^T X_g + penalty W = sum_m v_m (X_m^T y_m)^T, by conjugate gradients. */
function solveProjection(
  { kernels, groups, dimension, models, moments }: LowRankProblem,
  penalty: number,
  { rank, modelVectors, projection }: LowRankWeights,
): Float32Array {
  const right = new Float32Array(rank * dimension);
  kernels.gemm(true, false, rank, dimension, models, modelVectors, moments, right, false);
  const mixes = groups.map((group) => groupGram(group, modelVectors, rank));
  const product = new Float32Array(rank * dimension);
  const apply = (x: Float32Array): Float32Array => {
    const out = x.map((value) => penalty * value);
    for (const [index, { gram }] of groups.entries()) {
      kernels.gemm(false, false, rank, dimension, dimension, x, gram, product, false);
      kernels.gemm(false, false, rank, dimension, rank, mixes[index] ?? product, product, out, true);
    }
    return out;
  };
  return solveSymmetric(apply, right, projection, { residual: RESIDUAL, products: MAX_PRODUCTS });
}

/** V_g^T V_g over the models of a group, [rank, rank]. */
function groupGram(group: NormalEquations, modelVectors: Float32Array, rank: number): Float32Array {
  const out = new Float32Array(rank * rank);
  for (const model of group.models) {
    const vector = modelVectors.subarray(model * rank, (model + 1) * rank);
    for (let i = 0; i < rank; ++i) {
      for (let j = 0; j < rank; ++j) {
        out[i * rank + j] = (out[i * rank + j] as number) + (vector[i] as number) * (vector[j] as number);
      }
    }
  }
  return out;
}

/** Each v_m from (W X_m^T X_m W^T + penalty) v_m = W X_m^T y_m. */
function solveModelVectors(
  { kernels, groups, dimension, models, moments }: LowRankProblem,
  penalty: number,
  { rank, modelVectors, projection }: LowRankWeights,
): Float32Array {
  const out = modelVectors.slice();
  const right = new Float32Array(models * rank);
  kernels.gemm(false, true, models, rank, dimension, moments, projection, right, false);
  for (const group of groups) {
    const half = new Float32Array(rank * dimension);
    const gram = new Float32Array(rank * rank);
    kernels.gemm(false, false, rank, dimension, dimension, projection, group.gram, half, false);
    kernels.gemm(false, true, rank, rank, dimension, half, projection, gram, false);
    const matrix = Float64Array.from(gram);
    for (let i = 0; i < rank; ++i) matrix[i * rank + i] = (matrix[i * rank + i] as number) + penalty;
    const lower = cholesky(matrix, rank);
    if (lower === null) continue; // rounding made it indefinite: the vectors of the round before stay
    for (const model of group.models) {
      const solved = solveCholesky(
        lower,
        rank,
        Float64Array.from(right.subarray(model * rank, (model + 1) * rank)),
      );
      out.set(solved, model * rank);
    }
  }
  return out;
}

function squares(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

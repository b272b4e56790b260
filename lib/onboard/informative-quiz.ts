import type { NativeKernels } from '../../bindings/addon.ts';
import { meanOuterProduct, successGradients } from '../estimator/irt-gradients.ts';
import type { FrozenBackbone } from './fit-identity.ts';
import type { IdentityPrior } from './identity-prior.ts';

/** One network of an estimator and what is expected of the next model there. */
export interface QuizNetwork {
  readonly backbone: FrozenBackbone;
  readonly prior: IdentityPrior;
}

/**
 * Prompts whose answers are expected to tell the most: taken one after the other, each the one that lowers the mean variance of
 * the new model's logits over the whole bank most (I-optimal design; the success head is linearised at the prior's mean, where an
 * answer's information is p (1 - p) g g^T with g the gradient of the logit). That weighs discrimination, difficulty and spread
 * against each other instead of in turn.
 * @param embeddings [rows, dimension], as the networks take them
 * @returns positions in the bank, the most telling first
 */
export function pickInformative(
  networks: readonly QuizNetwork[],
  embeddings: Float32Array,
  { rows, size, kernels }: { readonly rows: number; readonly size: number; readonly kernels: NativeKernels },
): number[] {
  const views = networks.map((network) => linearise(network, embeddings, rows, kernels));
  const taken = new Set<number>();
  while (taken.size < Math.min(size, rows)) {
    const gains = new Float64Array(rows);
    for (const view of views) addGains(view, gains);
    let best = -1;
    for (const [row, gain] of gains.entries()) {
      if (!taken.has(row) && (best < 0 || gain > (gains[best] as number))) best = row;
    }
    taken.add(best);
    for (const view of views) observe(view, best);
  }
  return [...taken];
}

/** The success head around the prior's mean, in the prior's coordinates. */
interface LinearView {
  readonly size: number;
  /** [rows, size] of the logit. */
  readonly gradients: Float32Array;
  /** [rows] p (1 - p). */
  readonly weights: Float64Array;
  /** [size, size], mean over the rows of g g^T. */
  readonly spread: Float64Array;
  /** [size, size], of the identity given what was taken so far. */
  readonly covariance: Float64Array;
}

function linearise(
  { backbone, prior }: QuizNetwork,
  embeddings: Float32Array,
  rows: number,
  kernels: NativeKernels,
): LinearView {
  const size = prior.mean.length;
  const own = successGradients(backbone, prior.mean, { embeddings, rows, kernels });
  const gradients = new Float32Array(rows * size);
  kernels.gemm(false, false, rows, size, size, own.gradients, prior.factor, gradients, false);
  const weights = own.logits.map((logit) => {
    const p = 1 / (1 + Math.exp(-logit));
    return p * (1 - p);
  });
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; ++i) covariance[i * size + i] = 1;
  const spread = Float64Array.from(meanOuterProduct(gradients, rows, kernels));
  return { size, gradients, weights, spread, covariance };
}

function addGains({ size, gradients, weights, spread, covariance }: LinearView, gains: Float64Array): void {
  for (let row = 0; row < gains.length; ++row) {
    const gradient = gradients.subarray(row * size, (row + 1) * size);
    const moved = multiply(covariance, gradient);
    const weight = weights[row] as number;
    const lowered = weight * inner(moved, multiply(spread, moved));
    gains[row] = (gains[row] as number) + lowered / (1 + weight * inner(gradient, moved));
  }
}

/** The covariance after one more answer (Sherman and Morrison 1950). */
function observe({ size, gradients, weights, covariance }: LinearView, row: number): void {
  const gradient = gradients.subarray(row * size, (row + 1) * size);
  const moved = multiply(covariance, gradient);
  const weight = weights[row] as number;
  const share = weight / (1 + weight * inner(gradient, moved));
  for (let i = 0; i < size; ++i) {
    for (let j = 0; j < size; ++j) {
      const cell = i * size + j;
      covariance[cell] = (covariance[cell] as number) - share * (moved[i] as number) * (moved[j] as number);
    }
  }
}

function multiply(matrix: Float64Array, vector: ArrayLike<number>): Float64Array {
  const size = vector.length;
  const out = new Float64Array(size);
  for (let i = 0; i < size; ++i) {
    let sum = 0;
    for (let j = 0; j < size; ++j) sum += (matrix[i * size + j] as number) * (vector[j] as number);
    out[i] = sum;
  }
  return out;
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

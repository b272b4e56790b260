import type { NativeKernels } from '../../bindings/addon.ts';
import { cholesky, solveCholesky } from '../estimator/cholesky.ts';
import { gradientsAt, promptPart, type SuccessHead } from '../estimator/irt-gradients.ts';
import { sigmoid } from '../estimator/refitted.ts';
import type { IdentityPosterior } from '../onboard/fit-identity.ts';
import { crossEntropy } from './drift-filter.ts';

/** N(mean, covariance) over a model's identity before its feedback. */
export interface PosteriorPrior {
  readonly mean: Float32Array;
  /** [identity, identity] */
  readonly covariance: Float64Array;
}

/** Answers of one model. */
export interface WeighedAnswers {
  readonly rows: number;
  /** [rows, dimension], as the network takes them. */
  readonly embeddings: Float32Array;
  readonly scores: Float64Array;
  readonly weights: Float64Array;
}

const steps = 30;
const halvings = 8;

/**
 * The identity at which the posterior is highest, and a mean-field variance around it (Laplace): Gauss-Newton steps on the
 * weighted cross entropy and the prior, halved until they help. The success head is piecewise linear in the identity, so a
 * few steps do; nothing is drawn at random.
 */
export function identityPosterior(
  head: SuccessHead,
  { rows, embeddings, scores, weights }: WeighedAnswers,
  prior: PosteriorPrior,
  kernels: NativeKernels,
): IdentityPosterior | null {
  const size = prior.mean.length;
  const precision = inverse(prior.covariance, size);
  if (precision === null) return null;
  const prompt = promptPart(head, { embeddings, rows, kernels });
  const around = (identity: Float32Array) => gradientsAt(head, identity, prompt, kernels);
  const loss = (identity: Float32Array, logits: Float64Array) =>
    logits.reduce(
      (sum, value, row) => sum + (weights[row] ?? 0) * crossEntropy(sigmoid(value), scores[row] ?? 0),
      quadratic(precision, identity, prior.mean) / 2,
    );
  let mean = prior.mean.slice();
  let { logits, gradients } = around(mean);
  let current = loss(mean, logits);
  for (let step = 0; step < steps; step++) {
    const { gradient, hessian } = bend(precision, prior.mean, { mean, logits, gradients, scores, weights });
    const lower = cholesky(hessian, size);
    if (lower === null) return null;
    const direction = solveCholesky(lower, size, gradient);
    let moved = false;
    for (let halving = 0, share = 1; halving < halvings && !moved; halving++, share /= 2) {
      const next = mean.map((value, i) => value - share * (direction[i] ?? 0));
      const there = around(next);
      const reached = loss(next, there.logits);
      if (reached >= current - 1e-6) continue;
      [mean, current] = [next, reached];
      ({ logits, gradients } = there);
      moved = true;
    }
    if (!moved) break;
  }
  const { hessian } = bend(precision, prior.mean, { mean, logits, gradients, scores, weights });
  return {
    mean,
    logVariance: Float32Array.from({ length: size }, (_, i) => -Math.log(hessian[i * size + i] as number)),
  };
}

interface Around {
  readonly mean: Float32Array;
  readonly logits: Float64Array;
  readonly gradients: Float32Array;
  readonly scores: Float64Array;
  readonly weights: Float64Array;
}

/** Gradient and Gauss-Newton Hessian of the negative log posterior. */
function bend(
  precision: Float64Array,
  priorMean: Float32Array,
  { mean, logits, gradients, scores, weights }: Around,
): { readonly gradient: Float64Array; readonly hessian: Float64Array } {
  const size = mean.length;
  const hessian = precision.slice();
  const gradient = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const away = (mean[j] as number) - (priorMean[j] as number);
      gradient[i] = (gradient[i] as number) + (precision[i * size + j] as number) * away;
    }
  }
  for (const [row, value] of logits.entries()) {
    const p = sigmoid(value);
    const weight = weights[row] ?? 0;
    const pull = weight * (p - (scores[row] ?? 0));
    const curvature = weight * p * (1 - p);
    const at = row * size;
    for (let i = 0; i < size; i++) {
      const g = gradients[at + i] as number;
      gradient[i] = (gradient[i] as number) + pull * g;
      for (let j = 0; j <= i; j++)
        hessian[i * size + j] =
          (hessian[i * size + j] as number) + curvature * g * (gradients[at + j] as number);
    }
  }
  return { gradient, hessian };
}

function quadratic(matrix: Float64Array, a: Float32Array, b: Float32Array): number {
  const size = a.length;
  let sum = 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      sum +=
        (matrix[i * size + j] as number) *
        ((a[i] as number) - (b[i] as number)) *
        ((a[j] as number) - (b[j] as number));
  return sum;
}

function inverse(matrix: Float64Array, size: number): Float64Array | null {
  const lower = cholesky(matrix, size);
  if (lower === null) return null;
  const out = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const unit = new Float64Array(size);
    unit[column] = 1;
    const solved = solveCholesky(lower, size, unit);
    for (let row = 0; row < size; row++) out[row * size + column] = solved[row] as number;
  }
  return out;
}

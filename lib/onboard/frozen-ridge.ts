import { PointsmanError } from '../errors.ts';
import { cholesky, solveCholesky } from '../estimator/cholesky.ts';

/**
 * Penalties on how far a weight is from the mean's, in units of rows. Smaller ones win leave-one-out on 25 prompts by
 * luck: with 0.3 and 1 among them the squared error on test rows of mixed-2024 was 0.165 instead of 0.163 at 25 prompts,
 * and 0.150 instead of 0.149 at 2,000.
 */
const penalties = [3, 10, 30, 100, 300, 1000] as const;

/** A new model as a linear combination of the frozen predictions of old ones. */
export interface FrozenRidge {
  /** [old] */
  readonly weight: Float64Array;
  readonly bias: number;
  readonly penalty: number;
}

/** Labelled prompts: what the frozen router predicts of its models there, and how the new model did. */
export interface LabelledPredictions {
  readonly rows: number;
  /** Number of old models. */
  readonly old: number;
  /** [rows, old], in [0, 1] */
  readonly predicted: Float32Array;
  /** [rows], in [0, 1] */
  readonly scores: Float64Array;
}

/**
 * Ridge regression of the new model's scores on the frozen predictions of the old models, shrunk not to zero but to their
 * mean with an offset: a prompt that is hard for them is hard for it until the labels say otherwise. The penalty is chosen
 * by leave-one-out, in closed form.
 */
export function fitFrozenRidge(data: LabelledPredictions): FrozenRidge {
  const centred = centre(data);
  let best: (FrozenRidge & { readonly error: number }) | null = null;
  for (const penalty of penalties) {
    const fit = solve(data, centred, penalty);
    if (best === null || fit.error < best.error) best = fit;
  }
  if (best === null) throw new PointsmanError('ERR_INTERNAL', 'onboarding: no penalty was tried');
  const { weight, bias, penalty } = best;
  return { weight, bias, penalty };
}

/** The prediction for one prompt, not held in [0, 1]. `predicted` is [rows, old]. */
export function predictFrozenRidge(
  { weight, bias }: Pick<FrozenRidge, 'weight' | 'bias'>,
  predicted: Float32Array,
  row: number,
): number {
  let sum = bias;
  for (let model = 0; model < weight.length; model++) {
    sum += (weight[model] ?? 0) * (predicted[row * weight.length + model] ?? 0);
  }
  return sum;
}

interface Centred {
  /** [rows, old] less the column means. */
  readonly x: Float64Array;
  readonly meanX: Float64Array;
  readonly meanScore: number;
  /** [rows]: centred scores less the mean of the centred predictions. */
  readonly rest: Float64Array;
  /** [old, old] */
  readonly gram: Float64Array;
  /** [old] */
  readonly moments: Float64Array;
}

function centre({ rows, old, predicted, scores }: LabelledPredictions): Centred {
  const meanX = new Float64Array(old);
  for (let cell = 0; cell < rows * old; cell++)
    meanX[cell % old] = (meanX[cell % old] ?? 0) + (predicted[cell] ?? 0) / rows;
  const x = Float64Array.from(predicted, (value, cell) => value - (meanX[cell % old] ?? 0));
  const meanScore = scores.reduce((sum, score) => sum + score, 0) / rows;
  const rest = scores.map((score, row) => {
    const own = x.subarray(row * old, (row + 1) * old);
    return score - meanScore - own.reduce((sum, value) => sum + value, 0) / old;
  });
  const gram = new Float64Array(old * old);
  const moments = new Float64Array(old);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < old; i++) {
      const value = x[row * old + i] ?? 0;
      moments[i] = (moments[i] ?? 0) + value * (rest[row] ?? 0);
      for (let j = 0; j <= i; j++)
        gram[i * old + j] = (gram[i * old + j] ?? 0) + value * (x[row * old + j] ?? 0);
    }
  }
  return { x, meanX, meanScore, rest, gram, moments };
}

/** The fit at one penalty, with its mean squared leave-one-out error: residual / (1 - leverage). */
function solve(
  { rows, old }: LabelledPredictions,
  { x, meanX, meanScore, rest, gram, moments }: Centred,
  penalty: number,
): FrozenRidge & { readonly error: number } {
  const matrix = gram.slice();
  for (let i = 0; i < old; i++) matrix[i * old + i] = (matrix[i * old + i] ?? 0) + penalty;
  const lower = cholesky(matrix, old);
  if (lower === null) throw new PointsmanError('ERR_INTERNAL', 'onboarding: predictions are not finite');
  const step = solveCholesky(lower, old, moments);
  let error = 0;
  for (let row = 0; row < rows; row++) {
    const own = x.slice(row * old, (row + 1) * old);
    const leverage = 1 / rows + dot(own, solveCholesky(lower, old, own));
    const residual = (rest[row] ?? 0) - dot(own, step);
    error += (residual / Math.max(1 - leverage, 1e-6)) ** 2 / rows;
  }
  const weight = step.map((value) => value + 1 / old);
  return { weight, bias: meanScore - dot(weight, meanX), penalty, error };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

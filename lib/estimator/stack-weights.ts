import { cholesky, solveCholesky } from './cholesky.ts';
import { weighRoutingErrors } from './routing-error.ts';

/** Keeps members that predict the same from making the problem singular. */
const RIDGE = 1e-6;

/**
 * Weights that are not negative, sum to 1 and minimise the routing error of the weighted mean of predictions. Exact: the
 * minimum is that of the equality-constrained problem on one subset of members, and there are few members.
 * @param predictions per member [rows, models]
 * @param scores [rows, models], NaN for a missing cell
 */
export function fitStackWeights(
  predictions: readonly Float32Array[],
  scores: Float32Array,
  models: number,
): number[] {
  const errors = predictions.map((prediction) => weighRoutingErrors(prediction, scores, models));
  const gram = errors.map((a) => errors.map((b) => inner(a, b)));
  let best: { error: number; weights: number[] } | null = null;
  for (let subset = 1; subset < 2 ** predictions.length; ++subset) {
    const chosen = predictions.map((_, k) => k).filter((k) => (subset >> k) & 1);
    const weights = solveOn(chosen, gram, predictions.length);
    if (weights === null) continue;
    const error = quadratic(gram, weights);
    if (best === null || error < best.error) best = { error, weights };
  }
  return best?.weights ?? predictions.map(() => 1 / predictions.length);
}

/** argmin of w^T G w with sum w = 1 on the chosen members: G^-1 1, scaled; null where a weight is negative. */
function solveOn(
  chosen: readonly number[],
  gram: readonly (readonly number[])[],
  members: number,
): number[] | null {
  const n = chosen.length;
  const scale = Math.max(...chosen.map((k) => gram[k]?.[k] ?? 0), Number.MIN_VALUE);
  const matrix = Float64Array.from({ length: n * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    const value = (gram[chosen[row] ?? 0]?.[chosen[column] ?? 0] ?? 0) / scale;
    return row === column ? value + RIDGE : value;
  });
  const lower = cholesky(matrix, n);
  if (lower === null) return null;
  const solution = solveCholesky(lower, n, new Float64Array(n).fill(1));
  const total = solution.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || solution.some((weight) => weight < 0)) return null;
  const weights = new Array<number>(members).fill(0);
  for (const [i, k] of chosen.entries()) weights[k] = (solution[i] ?? 0) / total;
  return weights;
}

function quadratic(gram: readonly (readonly number[])[], weights: readonly number[]): number {
  let sum = 0;
  for (const [a, row] of gram.entries()) {
    for (const [b, value] of row.entries()) sum += (weights[a] ?? 0) * (weights[b] ?? 0) * value;
  }
  return sum;
}

function inner(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

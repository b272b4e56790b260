import { loadAddon } from '../../bindings/load.ts';
import { PointsmanError } from '../errors.ts';
import { checkpoint } from './checkpoint.ts';
import { cholesky, solveCholesky } from './cholesky.ts';
import type { EstimatorFactory, EstimatorState, LabelledEmbeddings, QualityEstimator } from './estimator.ts';
import { groupByKnownRows, type NormalEquations, normalEquations } from './normal-equations.ts';
import { selectBest } from './select.ts';
import { readTensor } from './state.ts';
import { checkTrainingData } from './training-data.ts';

/** Penalties on the squared weights, in units of rows: embeddings have length 1. */
const LAMBDAS = [1, 3, 10, 30, 100] as const;

/**
 * Linear least squares with an intercept per model and one penalty for all, chosen on validation rows.
 * A model is fitted on the rows it was run on.
 */
export const ridgeFactory: EstimatorFactory = {
  kind: 'ridge',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const { kernels } = loadAddon();
    const problems: NormalEquations[] = [];
    for (const group of groupByKnownRows(training)) {
      await checkpoint(options.signal);
      problems.push(normalEquations(kernels, training, group));
    }
    const trials = LAMBDAS.map((lambda) => ({
      detail: `lambda ${lambda}`,
      make: () => solveRidge(training, problems, lambda),
    }));
    return selectBest(trials, validation, options);
  },
  fromState,
};

function solveRidge(
  { models, dimension }: LabelledEmbeddings,
  problems: readonly NormalEquations[],
  lambda: number,
): QualityEstimator {
  const weight = new Float32Array(models.length * dimension);
  const bias = new Float32Array(models.length);
  for (const problem of problems) {
    const lower = factorise(problem.gram, dimension, lambda);
    problem.models.forEach((model, i) => {
      const count = problem.models.length;
      const moment = Float64Array.from(
        { length: dimension },
        (_, d) => problem.moments[d * count + i] as number,
      );
      const solution = solveCholesky(lower, dimension, moment);
      const shift = solution.reduce((sum, w, d) => sum + w * (problem.meanEmbedding[d] as number), 0);
      weight.set(solution, model * dimension);
      bias[model] = (problem.meanScores[i] as number) - shift;
    });
  }
  const tensors = {
    weight: { shape: [models.length, dimension], data: weight },
    bias: { shape: [models.length], data: bias },
  };
  return fromState({ kind: 'ridge', config: { lambda }, tensors }, models, dimension);
}

function factorise(gram: Float32Array, dimension: number, lambda: number): Float64Array {
  const matrix = Float64Array.from(gram);
  for (let d = 0; d < dimension; ++d)
    matrix[d * dimension + d] = (matrix[d * dimension + d] as number) + lambda;
  const lower = cholesky(matrix, dimension);
  if (lower === null) {
    throw new PointsmanError('ERR_INVALID_DATA', 'ridge: the embeddings are too large for a stable solution');
  }
  return lower;
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const { data: weight } = readTensor(state, 'weight', [models.length, dimension]);
  const { data: bias } = readTensor(state, 'bias', [models.length]);
  return {
    kind: 'ridge',
    models,
    dimension,
    headSpec: () => ({ kind: 'linear', dimension, weight, bias }),
    state: () => state,
  };
}

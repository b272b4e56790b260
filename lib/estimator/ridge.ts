import { loadAddon } from '../../bindings/load.ts';
import { PointsmanError } from '../errors.ts';
import { checkpoint } from './checkpoint.ts';
import { cholesky, solveCholesky } from './cholesky.ts';
import { medianSetting } from './consensus.ts';
import type {
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  TrainingOptions,
} from './estimator.ts';
import { groupByKnownRows, type NormalEquations, normalEquations } from './normal-equations.ts';
import { selectBest } from './select.ts';
import { readTensor } from './state.ts';
import { checkTrainingData, checkTrainingPart } from './training-data.ts';

/** Penalties on the squared weights, in units of rows: embeddings have length 1. */
const LAMBDAS = [1, 3, 10, 30, 100] as const;

/**
 * Linear least squares with an intercept per model and two penalties, chosen on validation rows: one on the mean of the
 * models' weights, which is how hard a prompt is for all, and one at least as high on what each model has of its own. Routing
 * lives on the differences, of which the data tells less: with one penalty for both, gapClosed on mixed-2024 is 3 points
 * lower. A model is fitted on the rows it was run on.
 */
export const ridgeFactory: EstimatorFactory = {
  kind: 'ridge',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const problems = await problemsOf(training, options);
    const solved = LAMBDAS.map((lambda) => solveRidge(training, problems, lambda));
    const trials = LAMBDAS.flatMap((shared, from) =>
      LAMBDAS.slice(from).map((own, more) => ({
        detail: `lambda ${shared} for what models share, ${own} for their own`,
        make: () => estimatorOf(training, solved[from], solved[from + more], { shared, own }),
      })),
    );
    return selectBest(trials, validation, options);
  },
  async refit(data, chosen, options) {
    checkTrainingPart('training', data);
    const problems = await problemsOf(data, options);
    const shared = medianSetting(chosen, 'sharedLambda');
    const own = medianSetting(chosen, 'lambda');
    const [common, differing] = [shared, own].map((lambda) => solveRidge(data, problems, lambda));
    return estimatorOf(data, common, differing, { shared, own });
  },
  fromState,
};

async function problemsOf(data: LabelledEmbeddings, { signal }: TrainingOptions): Promise<NormalEquations[]> {
  const { kernels } = loadAddon();
  const problems: NormalEquations[] = [];
  for (const group of groupByKnownRows(data)) {
    await checkpoint(signal);
    problems.push(normalEquations(kernels, data, group));
  }
  return problems;
}

interface Linear {
  /** [models, dimension] */
  readonly weight: Float32Array;
  /** [models] */
  readonly bias: Float32Array;
}

function solveRidge(
  { models, dimension }: LabelledEmbeddings,
  problems: readonly NormalEquations[],
  lambda: number,
): Linear {
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
  return { weight, bias };
}

/** The models' mean from one solution, and their differences from it from another. */
function estimatorOf(
  { models, dimension }: LabelledEmbeddings,
  common: Linear | undefined,
  differing: Linear | undefined,
  { shared, own }: { readonly shared: number; readonly own: number },
): QualityEstimator {
  if (common === undefined || differing === undefined)
    throw new PointsmanError('ERR_INTERNAL', 'no solution');
  const tensors = {
    weight: {
      shape: [models.length, dimension],
      data: replaceMean(differing.weight, common.weight, dimension),
    },
    bias: { shape: [models.length], data: replaceMean(differing.bias, common.bias, 1) },
  };
  const config = { lambda: own, sharedLambda: shared };
  return fromState({ kind: 'ridge', config, tensors }, models, dimension);
}

/** `rows` [count, width] with their mean replaced by that of `others`. */
function replaceMean(rows: Float32Array, others: Float32Array, width: number): Float32Array {
  const count = rows.length / width;
  const shift = new Float64Array(width);
  for (const [i, value] of others.entries())
    shift[i % width] = (shift[i % width] as number) + (value - (rows[i] as number)) / count;
  return rows.map((value, i) => value + (shift[i % width] as number));
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

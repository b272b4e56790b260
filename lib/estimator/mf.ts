import { loadAddon } from '../../bindings/load.ts';
import { Random } from '../nn/random.ts';
import { checkpoint } from './checkpoint.ts';
import { medianSetting } from './consensus.ts';
import type {
  EstimatorFactory,
  EstimatorState,
  LabelledEmbeddings,
  QualityEstimator,
  TrainingOptions,
} from './estimator.ts';
import { alternate, type LowRankWeights, largestPenalty, lowRankProblem, randomStart } from './low-rank.ts';
import { groupByKnownRows, type NormalEquations, normalEquations } from './normal-equations.ts';
import { selectBest, type Trial } from './select.ts';
import { readTensor } from './state.ts';
import { checkTrainingData, checkTrainingPart } from './training-data.ts';

/** Lengths of a model's vector, as many as there are models at most. */
const RANKS = [1, 2, 4, 8, 16] as const;

/** Penalties as shares of the one that leaves no factor, lightest first: each starts from the one before. */
const SHARES = [0.003, 0.01, 0.03, 0.1, 0.3] as const;

/**
 * Matrix factorisation as in RouteLLM and EmbedLLM (arXiv 2406.18665, 2410.02223): quality = v_m . W x + b_m, with a
 * projection W of the embedding to a few factors, a vector v_m and a bias b_m a model. Fitted by alternating least squares on
 * the cells that are known; rank and penalty are chosen on validation rows. At prediction V W is one linear head.
 */
export const mfFactory: EstimatorFactory = {
  kind: 'mf',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const { models, dimension } = training;
    const groups = await equationsOf(training, options);
    const problem = lowRankProblem(loadAddon().kernels, groups, { dimension, models: models.length });
    const largest = largestPenalty(problem);
    const random = new Random(options.seed ?? 0);
    const ranks = [...new Set(RANKS.map((rank) => Math.min(rank, models.length, dimension)))];
    const trials = ranks.flatMap((rank): Trial[] => {
      let weights = randomStart(problem, rank, random.fork());
      return SHARES.map((share) => ({
        detail: `rank ${rank}, penalty ${share} of the largest`,
        make: () => {
          weights = alternate(problem, share * largest, weights);
          return estimatorOf(training, weights, groups, share);
        },
      }));
    });
    return selectBest(trials, validation, options);
  },
  async refit(data, chosen, options) {
    checkTrainingPart('training', data);
    const { models, dimension } = data;
    const groups = await equationsOf(data, options);
    const problem = lowRankProblem(loadAddon().kernels, groups, { dimension, models: models.length });
    const penalty = medianSetting(chosen, 'penalty');
    let weights = randomStart(problem, medianSetting(chosen, 'rank'), new Random(options.seed ?? 0));
    for (const share of SHARES.filter((lighter) => lighter <= penalty)) {
      await checkpoint(options.signal);
      weights = alternate(problem, share * largestPenalty(problem), weights);
    }
    return estimatorOf(data, weights, groups, penalty);
  },
  fromState,
};

async function equationsOf(
  data: LabelledEmbeddings,
  { signal }: TrainingOptions,
): Promise<NormalEquations[]> {
  const { kernels } = loadAddon();
  const groups: NormalEquations[] = [];
  for (const group of groupByKnownRows(data)) {
    await checkpoint(signal);
    groups.push(normalEquations(kernels, data, group));
  }
  return groups;
}

function estimatorOf(
  { models, dimension }: LabelledEmbeddings,
  { rank, modelVectors, projection }: LowRankWeights,
  groups: readonly NormalEquations[],
  penalty: number,
): QualityEstimator {
  const weight = multiply(modelVectors, projection, rank, dimension);
  const bias = new Float32Array(models.length);
  for (const group of groups) {
    for (const [column, model] of group.models.entries()) {
      const shift = group.meanEmbedding.reduce(
        (sum, mean, d) => sum + mean * (weight[model * dimension + d] as number),
        0,
      );
      bias[model] = (group.meanScores[column] as number) - shift;
    }
  }
  const tensors = {
    modelVectors: { shape: [models.length, rank], data: modelVectors },
    projection: { shape: [rank, dimension], data: projection },
    bias: { shape: [models.length], data: bias },
  };
  return fromState({ kind: 'mf', config: { rank, penalty }, tensors }, models, dimension);
}

/** V W, [models, dimension], summed in float64. */
function multiply(
  modelVectors: Float32Array,
  projection: Float32Array,
  rank: number,
  dimension: number,
): Float32Array {
  const out = new Float32Array((modelVectors.length / rank) * dimension);
  for (let cell = 0; cell < out.length; ++cell) {
    const [model, d] = [Math.floor(cell / dimension), cell % dimension];
    let sum = 0;
    for (let factor = 0; factor < rank; ++factor) {
      sum += (modelVectors[model * rank + factor] as number) * (projection[factor * dimension + d] as number);
    }
    out[cell] = sum;
  }
  return out;
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const modelVectors = readTensor(state, 'modelVectors', [models.length, null]);
  const rank = modelVectors.shape[1] ?? 0;
  const { data: projection } = readTensor(state, 'projection', [rank, dimension]);
  const { data: bias } = readTensor(state, 'bias', [models.length]);
  return {
    kind: 'mf',
    models,
    dimension,
    headSpec: () => ({
      kind: 'linear',
      dimension,
      weight: multiply(modelVectors.data, projection, rank, dimension),
      bias,
    }),
    state: () => state,
  };
}

import type { EstimatorFactory, EstimatorState, LabelledEmbeddings, QualityEstimator } from './estimator.ts';
import { selectBest } from './select.ts';
import { readInteger, readNumber, readTensor } from './state.ts';
import { checkTrainingData, modelMeans } from './training-data.ts';

interface NeighbourSettings {
  readonly k: number;
  /** Of the softmax over similarities; 0: all neighbours count the same. */
  readonly temperature: number;
  /** How many neighbours the model's mean score counts for. */
  readonly priorWeight: number;
}

const NEIGHBOURS = [20, 50, 100, 200] as const;
const TEMPERATURES = [0, 0.1, 0.2] as const;
const PRIOR_WEIGHTS = [0, 10] as const;

/** The mean score of the most similar training prompts; k, temperature and prior weight are chosen on validation rows. */
export const knnFactory: EstimatorFactory = {
  kind: 'knn',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const prior = modelMeans(training);
    const stored = { ...training, embeddings: training.embeddings.slice(), scores: training.scores.slice() };
    const trials = settingsFor(training.rows).map((settings) => ({
      detail: `k ${settings.k}, temperature ${settings.temperature}, prior weight ${settings.priorWeight}`,
      make: () => neighbourEstimator(stored, prior, settings),
    }));
    return selectBest(trials, validation, options);
  },
  fromState,
};

/** No more neighbours than there are rows to find. */
function settingsFor(rows: number): NeighbourSettings[] {
  const counts = [...new Set(NEIGHBOURS.map((k) => Math.min(k, rows)))];
  return counts.flatMap((k) =>
    TEMPERATURES.flatMap((temperature) =>
      PRIOR_WEIGHTS.map((priorWeight) => ({ k, temperature, priorWeight })),
    ),
  );
}

function neighbourEstimator(
  stored: LabelledEmbeddings,
  prior: Float32Array,
  settings: NeighbourSettings,
): QualityEstimator {
  const { rows, dimension, models, embeddings, scores } = stored;
  const tensors = {
    keys: { shape: [rows, dimension], data: embeddings },
    scores: { shape: [rows, models.length], data: scores },
    prior: { shape: [models.length], data: prior },
  };
  return fromState({ kind: 'knn', config: { ...settings }, tensors }, models, dimension);
}

function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const keys = readTensor(state, 'keys', [null, dimension]);
  const [rows = 0] = keys.shape;
  const scores = readTensor(state, 'scores', [rows, models.length], { allowNaN: true }).data;
  const prior = readTensor(state, 'prior', [models.length]).data;
  const k = readInteger(state, 'k', 1, rows);
  const temperature = readNumber(state, 'temperature', 0);
  const priorWeight = readNumber(state, 'priorWeight', 0);
  return {
    kind: 'knn',
    models,
    dimension,
    headSpec: () => ({
      kind: 'neighbour',
      dimension,
      k,
      temperature,
      priorWeight,
      keys: keys.data,
      scores,
      prior,
    }),
    state: () => state,
  };
}

import { loadAddon } from '../../bindings/load.ts';
import { medianSetting } from './consensus.ts';
import type { EstimatorFactory, EstimatorState, LabelledEmbeddings, QualityEstimator } from './estimator.ts';
import { principalComponents } from './principal-components.ts';
import { selectBest } from './select.ts';
import { readInteger, readNumber, readTensor } from './state.ts';
import { checkTrainingData, checkTrainingPart, modelMeans } from './training-data.ts';

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

/**
 * Components of the embedding that neighbours are looked for in. On validation rows of mixed-2024, ulab-llmrouter,
 * routerbench-subset and routellm 64 give the routing error of all 784 features to 0.1 %, at a twelfth of the size and time.
 */
const COMPONENTS = 64;

/** The mean score of the most similar training prompts; k, temperature and prior weight are chosen on validation rows. */
export const knnFactory: EstimatorFactory = {
  kind: 'knn',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const stored = store(training);
    const trials = settingsFor(training.rows).map((settings) => ({
      detail: `k ${settings.k}, temperature ${settings.temperature}, prior weight ${settings.priorWeight}`,
      make: () => neighbourEstimator(stored, settings),
    }));
    return selectBest(trials, validation, options);
  },
  async refit(data, chosen) {
    checkTrainingPart('training', data);
    return neighbourEstimator(store(data), {
      k: medianSetting(chosen, 'k'),
      temperature: medianSetting(chosen, 'temperature'),
      priorWeight: medianSetting(chosen, 'priorWeight'),
    });
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

/** What every setting has in common: the rows in the projection they are compared in. */
interface StoredRows {
  readonly data: LabelledEmbeddings;
  /** [components, dimension]; null where rows are compared as they are. */
  readonly projection: Float32Array | null;
  /** [rows, components] */
  readonly keys: Float32Array;
  readonly scores: Float32Array;
  readonly prior: Float32Array;
}

function store(data: LabelledEmbeddings): StoredRows {
  const { kernels } = loadAddon();
  const { rows, dimension, embeddings } = data;
  const own = { data, scores: data.scores.slice(), prior: modelMeans(data) };
  if (dimension <= COMPONENTS) return { ...own, projection: null, keys: embeddings.slice() };
  const projection = principalComponents(kernels, embeddings, dimension, COMPONENTS);
  const keys = new Float32Array(rows * COMPONENTS);
  kernels.gemm(false, true, rows, COMPONENTS, dimension, embeddings, projection, keys, false);
  return { ...own, projection, keys };
}

function neighbourEstimator(stored: StoredRows, settings: NeighbourSettings): QualityEstimator {
  const { rows, dimension, models } = stored.data;
  const { projection } = stored;
  const components = projection === null ? dimension : projection.length / dimension;
  const tensors = {
    ...(projection === null ? {} : { projection: { shape: [components, dimension], data: projection } }),
    keys: { shape: [rows, components], data: stored.keys },
    scores: { shape: [rows, models.length], data: stored.scores },
    prior: { shape: [models.length], data: stored.prior },
  };
  return fromState({ kind: 'knn', config: { ...settings }, tensors }, models, dimension);
}

/** Routers of earlier versions hold keys in the embedding's own dimension and no projection. */
function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const width = state.tensors.keys?.shape[1] ?? dimension;
  const isProjected = state.tensors.projection !== undefined || width !== dimension;
  const projection = isProjected ? readTensor(state, 'projection', [null, dimension]) : null;
  const components = projection?.shape[0] ?? dimension;
  const keys = readTensor(state, 'keys', [null, components]);
  const [rows = 0] = keys.shape;
  const inner = {
    kind: 'neighbour',
    dimension: components,
    k: readInteger(state, 'k', 1, rows),
    temperature: readNumber(state, 'temperature', 0),
    priorWeight: readNumber(state, 'priorWeight', 0),
    keys: keys.data,
    scores: readTensor(state, 'scores', [rows, models.length], { allowNaN: true }).data,
    prior: readTensor(state, 'prior', [models.length]).data,
  } as const;
  return {
    kind: 'knn',
    models,
    dimension,
    headSpec: () =>
      projection === null ? inner : { kind: 'projected', inner, dimension, projection: projection.data },
    state: () => state,
  };
}

import { loadAddon } from '../../bindings/load.ts';
import { PointsmanError } from '../errors.ts';
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
import { assignRows, clusterDirections, type Directions, normaliseRows } from './k-means.ts';
import { selectBest, type Trial } from './select.ts';
import { readInteger, readTensor } from './state.ts';
import { checkTrainingData, checkTrainingPart, modelMeans } from './training-data.ts';

/** Numbers of clusters tried; Avengers-Pro uses 60. A cluster has at least `LEAST_ROWS` training rows on average. */
const CLUSTERS = [8, 16, 32, 64, 128, 256] as const;
const LEAST_ROWS = 5;

/** How many of the nearest clusters a prompt takes the mean of. */
const NEAREST = [1, 2, 4, 8] as const;

/** How many rows of a cluster the model's mean over all rows counts for. */
const SHRINKAGES = [0, 3, 10, 30] as const;

/**
 * Cluster profiles, as Avengers-Pro (arXiv 2508.12631): prompts are clustered by embedding, every cluster has each model's
 * mean score there, shrunk towards its mean over all rows, and a prompt takes the mean over its nearest clusters. Number of
 * clusters, of nearest ones and shrinkage are chosen on validation rows. A missing cell counts in no mean; a model that was
 * not run in a cluster is left out there.
 */
export const kmeansFactory: EstimatorFactory = {
  kind: 'kmeans',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const counts = clusterCounts(training.rows);
    const profiles = await clusterAll(training, counts, options);
    const prior = modelMeans(training);
    const trials = profiles.flatMap((profile) => trialsOf(profile, prior, training));
    return selectBest(trials, validation, partOf(options, counts.length, counts.length + 1));
  },
  async refit(data, chosen, options) {
    checkTrainingPart('training', data);
    const [clusters, nearest, shrinkage] = ['clusters', 'nearest', 'shrinkage'].map((name) =>
      medianSetting(chosen, name),
    ) as [number, number, number];
    const [profile] = await clusterAll(data, [clusters], options);
    if (profile === undefined) throw new PointsmanError('ERR_INTERNAL', 'kmeans: no clusters');
    const settings = { clusters, nearest: Math.min(nearest, clusters), shrinkage };
    return estimatorOf(profile, modelMeans(data), data, settings);
  },
  fromState,
};

/** Clusters of training rows, and what each model scored in them. */
interface Profile {
  readonly clusters: number;
  /** Of length 1, [clusters, dimension]. */
  readonly centroids: Float32Array;
  /** Sum and number of known scores, [clusters, models]. */
  readonly sums: Float64Array;
  readonly known: Float64Array;
}

function clusterCounts(rows: number): number[] {
  const most = Math.max(1, Math.floor(rows / LEAST_ROWS));
  return [...new Set(CLUSTERS.map((count) => Math.min(count, most)))];
}

async function clusterAll(
  training: LabelledEmbeddings,
  counts: readonly number[],
  { seed = 0, signal, onProgress }: TrainingOptions,
): Promise<Profile[]> {
  const { kernels } = loadAddon();
  const { rows, dimension } = training;
  const directions: Directions = { rows, dimension, values: normaliseRows(training.embeddings, dimension) };
  const random = new Random(seed);
  const profiles: Profile[] = [];
  for (const [done, clusters] of counts.entries()) {
    const centroids = await clusterDirections(directions, clusters, {
      kernels,
      random: random.fork(),
      signal,
    });
    const { nearest } = assignRows(kernels, directions, centroids);
    profiles.push({ clusters, centroids, ...sumScores(training, nearest, clusters) });
    onProgress?.({ done: done + 1, total: counts.length + 1, detail: `${clusters} clusters` });
    await checkpoint(signal);
  }
  return profiles;
}

function sumScores(
  { models, scores }: LabelledEmbeddings,
  nearest: Int32Array,
  clusters: number,
): Pick<Profile, 'sums' | 'known'> {
  const sums = new Float64Array(clusters * models.length);
  const known = new Float64Array(clusters * models.length);
  for (const [row, cluster] of nearest.entries()) {
    for (let model = 0; model < models.length; ++model) {
      const score = scores[row * models.length + model] as number;
      if (Number.isNaN(score)) continue;
      const at = cluster * models.length + model;
      sums[at] = (sums[at] as number) + score;
      known[at] = (known[at] as number) + 1;
    }
  }
  return { sums, known };
}

function trialsOf(profile: Profile, prior: Float32Array, data: LabelledEmbeddings): Trial[] {
  const { clusters } = profile;
  return [...new Set(NEAREST.map((count) => Math.min(count, clusters)))].flatMap((nearest) =>
    SHRINKAGES.map((shrinkage) => ({
      detail: `${clusters} clusters, nearest ${nearest}, shrinkage ${shrinkage}`,
      make: () => estimatorOf(profile, prior, data, { clusters, nearest, shrinkage }),
    })),
  );
}

interface ClusterSettings {
  readonly clusters: number;
  readonly nearest: number;
  readonly shrinkage: number;
}

function estimatorOf(
  profile: Profile,
  prior: Float32Array,
  { models, dimension }: LabelledEmbeddings,
  settings: ClusterSettings,
): QualityEstimator {
  const { clusters, centroids } = profile;
  const scores = shrunkMeans(profile, prior, settings.shrinkage);
  const tensors = {
    centroids: { shape: [clusters, dimension], data: centroids },
    scores: { shape: [clusters, models.length], data: scores },
    prior: { shape: [models.length], data: prior },
  };
  return fromState({ kind: 'kmeans', config: { ...settings }, tensors }, models, dimension);
}

/** (sum + shrinkage * prior) / (known + shrinkage), [clusters, models]; NaN where there is neither. */
function shrunkMeans({ sums, known }: Profile, prior: Float32Array, shrinkage: number): Float32Array {
  return Float32Array.from(sums, (sum, at) => {
    const shared = prior[at % prior.length] as number;
    return (sum + shrinkage * shared) / ((known[at] as number) + shrinkage);
  });
}

/** Progress of a later stage as part `index` of `parts` equal ones. */
function partOf(options: TrainingOptions, index: number, parts: number): TrainingOptions {
  const { onProgress } = options;
  if (onProgress === undefined) return options;
  return {
    ...options,
    onProgress: ({ done, total, detail }) => onProgress({ done: index + done / total, total: parts, detail }),
  };
}

/** At prediction the centroids are the stored rows of a neighbour head, whose every neighbour counts the same. */
function fromState(state: EstimatorState, models: readonly string[], dimension: number): QualityEstimator {
  const centroids = readTensor(state, 'centroids', [null, dimension]);
  const [clusters = 0] = centroids.shape;
  const scores = readTensor(state, 'scores', [clusters, models.length], { allowNaN: true }).data;
  const prior = readTensor(state, 'prior', [models.length]).data;
  const nearest = readInteger(state, 'nearest', 1, clusters);
  return {
    kind: 'kmeans',
    models,
    dimension,
    headSpec: () => ({
      kind: 'neighbour',
      dimension,
      k: nearest,
      temperature: 0,
      priorWeight: 0,
      keys: centroids.data,
      scores,
      prior,
    }),
    state: () => state,
  };
}

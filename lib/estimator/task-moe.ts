import { checkpoint } from './checkpoint.ts';
import { medianSetting } from './consensus.ts';
import { stageOf } from './cross-fit.ts';
import type { EstimatorFactory, LabelledEmbeddings, QualityEstimator, TrainingOptions } from './estimator.ts';
import { iprTensors } from './ipr.ts';
import { IprNetwork } from './ipr-network.ts';
import { resolveIprSettings } from './ipr-settings.ts';
import { type TrainedMembers, trainMembers } from './network-members.ts';
import { predictAll } from './predict.ts';
import { routingError } from './routing-error.ts';
import { selectionRows } from './selection-rows.ts';
import { fitStackWeights } from './stack-weights.ts';
import {
  assignTasks,
  type Classified,
  calibrateClassifier,
  classify,
  fitTaskClassifier,
  type TaskClassifier,
} from './task-classifier.ts';
import { discoverTasks, noTask, type TaskGraph, type Tasks, taskGraph } from './task-discovery.ts';
import { generalNetwork, trainExperts } from './task-experts.ts';
import { readTaskMoe, type StoredTasks, taskTensors } from './task-moe-state.ts';
import { sumTaskScores, type TaskScores, taskCandidates, taskPriors } from './task-profiles.ts';
import { checkTrainingData, checkTrainingPart, modelMeans } from './training-data.ts';

/** Resolutions tried. On four sets of 2,500 to 9,600 prompts they give some 6 to 80 tasks. */
const RESOLUTIONS = [1, 2, 4, 8] as const;

/**
 * Share of similarity in the weight of an edge. Shares of 1, 0.5 and 0.2 are level: the routing error of the priors on
 * validation rows of three sets differs by less than 0.3 %, that of the mixture by less than 0.1 %.
 */
const SIMILARITY_SHARE = 0.5;

/** Rows that each model's mean over all tasks counts for in a task. */
const SHRINKAGES = [3, 10, 30, 100] as const;

/** Confidences tried below which a prompt has no task. */
const CONFIDENCES = [0, 0.3, 0.5, 0.7] as const;

/** Candidates of a task cover so much of it: 16 to 37 % of the models on four sets, where the paper has about 32 %. */
const COVERAGE = 0.95;

/** Stages of training, of about equal length. */
const STAGES = 3;

/**
 * FineRouter (arXiv 2603.19415). Stage 1: tasks are Leiden communities of a graph of the training prompts; a classifier gives a
 * prompt its task, or none, and each task has the models' mean scores as priors. Stage 2: a mixture of experts on IPR's
 * network. A prediction is alpha of the mixture's and 1 - alpha of the prior (eq. 5), alpha chosen on validation rows.
 */
export const taskMoeFactory: EstimatorFactory = {
  kind: 'task-moe',
  async train(training, validation, options) {
    checkTrainingData(training, validation);
    const held = selectionRows(validation);
    const first = await chooseTasks(training, held, stageOf(options, stage(0, 'tasks')));
    const second = await trainMixture(first, training, held, options);
    return estimatorOf(second, { ...first.settings, alpha: chooseAlpha(second, held) });
  },
  async refit(data, chosen, options) {
    checkTrainingPart('training', data);
    const median = (name: string) => medianSetting(chosen, name);
    const graph = await taskGraph(data, options.signal);
    const cut = await cutTasks(graph, data, median('resolution'), options);
    const classifier = await calibrateClassifier(cut.classifier, data, cut.tasks, options);
    const settings = { shrinkage: median('shrinkage'), confidence: median('confidence') };
    const first = firstStage({ ...cut, classifier }, data, settings);
    const epochs = {
      network: Math.max(1, Math.round(median('keptEpochs'))),
      experts: Math.round(median('expertEpochs')),
    };
    const second = await trainMixture(first, data, epochs, options);
    return estimatorOf(second, { ...first.settings, alpha: median('alpha') });
  },
  fromState: readTaskMoe,
};

function stage(index: number, name: string) {
  return { index, count: STAGES, name };
}

interface FirstSettings {
  readonly resolution: number;
  readonly shrinkage: number;
  readonly confidence: number;
}

/** Tasks, and what they say by themselves. */
interface FirstStage {
  readonly tasks: Tasks;
  readonly stored: StoredTasks;
  readonly settings: FirstSettings;
}

/**
 * The resolution and shrinkage whose priors have the lowest routing error on validation rows; then, of the calibrated classifier,
 * the confidence below which a prompt is better off without a task.
 */
async function chooseTasks(
  training: LabelledEmbeddings,
  held: LabelledEmbeddings,
  options: TrainingOptions,
): Promise<FirstStage> {
  const graph = await taskGraph(training, options.signal);
  const errorOf = (priors: Float32Array, said: Classified, confidence: number) =>
    routingError(predictPriors(priors, said, confidence, held), held.scores, held.models.length);
  const tried: (Cut & { readonly shrinkage: number; readonly error: number })[] = [];
  for (const [index, resolution] of RESOLUTIONS.entries()) {
    const cut = await cutTasks(graph, training, resolution, options);
    const said = classify(cut.classifier, held.embeddings);
    for (const shrinkage of SHRINKAGES) {
      const error = errorOf(taskPriors(cut.scores, shrinkage), said, 0);
      tried.push({ ...cut, shrinkage, error });
    }
    options.onProgress?.({
      done: index + 1,
      total: RESOLUTIONS.length,
      detail: `resolution ${resolution}: ${cut.tasks.count} tasks`,
    });
  }
  const { error: _, shrinkage, ...cut } = tried.reduce((a, b) => (b.error < a.error ? b : a));
  const calibrated = await calibrateClassifier(cut.classifier, training, cut.tasks, options);
  const said = classify(calibrated, held.embeddings);
  const priors = taskPriors(cut.scores, shrinkage);
  const errors = CONFIDENCES.map((confidence) => errorOf(priors, said, confidence));
  const confidence = CONFIDENCES[errors.indexOf(Math.min(...errors))] ?? 0;
  return firstStage({ ...cut, classifier: calibrated }, training, { shrinkage, confidence });
}

/** Tasks at one resolution. */
interface Cut {
  readonly resolution: number;
  readonly tasks: Tasks;
  readonly classifier: TaskClassifier;
  readonly scores: TaskScores;
}

async function cutTasks(
  graph: TaskGraph,
  data: LabelledEmbeddings,
  resolution: number,
  options: TrainingOptions,
): Promise<Cut> {
  await checkpoint(options.signal);
  const tasks = await discoverTasks(graph, { resolution, similarityShare: SIMILARITY_SHARE }, options);
  const classifier = await fitTaskClassifier(data, tasks, options);
  return { resolution, tasks, classifier, scores: sumTaskScores(data, tasks) };
}

function firstStage(
  { resolution, tasks, classifier, scores }: Cut,
  data: LabelledEmbeddings,
  { shrinkage, confidence }: Omit<FirstSettings, 'resolution'>,
): FirstStage {
  const priors = taskPriors(scores, shrinkage);
  const sizes = new Float32Array(tasks.count);
  for (const task of tasks.of) if (task !== noTask) sizes[task] = (sizes[task] as number) + 1;
  const candidates = candidatesOf(data, tasks, priors);
  return {
    tasks,
    settings: { resolution, shrinkage, confidence },
    stored: { classifier, confidence, sizes, priors, candidates },
  };
}

/** In the order of the models, as they are stored. */
function candidatesOf(data: LabelledEmbeddings, tasks: Tasks, priors: Float32Array): number[][] {
  return taskCandidates(data, tasks, priors, COVERAGE).map((own) => own.sort((a, b) => a - b));
}

/** What the first stage alone predicts, [rows, models]. */
function predictPriors(
  priors: Float32Array,
  said: Classified,
  confidence: number,
  { rows, models }: LabelledEmbeddings,
): Float32Array {
  const columns = models.length;
  const none = priors.length / columns - 1;
  const out = new Float32Array(rows * columns);
  for (const [row, task] of assignTasks(said, confidence).entries()) {
    const at = task === noTask ? none : task;
    out.set(priors.subarray(at * columns, (at + 1) * columns), row * columns);
  }
  return out;
}

interface SecondStage {
  readonly first: FirstStage;
  readonly trained: TrainedMembers<IprNetwork>;
  readonly experts: Awaited<ReturnType<typeof trainExperts>>;
  readonly data: LabelledEmbeddings;
}

/** @param held rows to choose epochs on, or as many epochs as that */
async function trainMixture(
  first: FirstStage,
  data: LabelledEmbeddings,
  held: LabelledEmbeddings | { readonly network: number; readonly experts: number },
  options: TrainingOptions,
): Promise<SecondStage> {
  const settings = resolveIprSettings({});
  const means = modelMeans(data);
  const isRows = 'rows' in held;
  const trained = await trainMembers((random) => new IprNetwork(settings, data.dimension, means, random), {
    settings,
    training: data,
    validation: isRows ? held : held.network,
    options: stageOf(options, stage(1, 'general')),
  });
  const { classifier, confidence, candidates } = first.stored;
  const experts = await trainExperts({
    networks: trained.networks.map(generalNetwork),
    data,
    tasks: first.tasks,
    candidates,
    validation: isRows
      ? { rows: held, taskOf: assignTasks(classify(classifier, held.embeddings), confidence) }
      : held.experts,
    options: stageOf(options, stage(2, 'experts')),
  });
  return { first, trained, experts, data };
}

/** The share of the mixture that has the lowest routing error beside the prior. */
function chooseAlpha(second: SecondStage, held: LabelledEmbeddings): number {
  const of = (alpha: number) =>
    predictAll(estimatorOf(second, { ...second.first.settings, alpha }), held.embeddings, held.rows);
  const [alpha = 1] = fitStackWeights([of(1), of(0)], held.scores, held.models.length);
  return alpha;
}

function estimatorOf(
  { first, trained, experts, data }: SecondStage,
  settings: FirstSettings & { readonly alpha: number },
): QualityEstimator {
  const { networks, keptEpochs } = trained;
  const state = {
    kind: 'task-moe',
    config: {
      ...settings,
      similarityShare: SIMILARITY_SHARE,
      coverage: COVERAGE,
      keptEpochs,
      expertEpochs: experts.keptEpochs,
    },
    tensors: {
      ...iprTensors(networks),
      ...taskTensors(first.stored, experts.shifts, data.dimension),
    },
  } as const;
  return readTaskMoe(state, data.models, data.dimension);
}

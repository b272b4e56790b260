import { PointsmanError } from '../errors.ts';
import { checkpoint } from './checkpoint.ts';
import { medianSetting } from './consensus.ts';
import { stageOf } from './cross-fit.ts';
import type { EstimatorFactory, LabelledEmbeddings, QualityEstimator, TrainingOptions } from './estimator.ts';
import { IprNetwork } from './ipr-network.ts';
import { resolveIprSettings } from './ipr-settings.ts';
import { stackTensors, type TrainedMembers, trainMembers } from './network-members.ts';
import { predictAll } from './predict.ts';
import { routingError } from './routing-error.ts';
import { selectionRows } from './selection-rows.ts';
import { fitStackWeights } from './stack-weights.ts';
import { assignTasks, type Classified, classify, trainTaskClassifier } from './task-classifier.ts';
import { discoverTasks, noTask, type TaskGraph, type Tasks, taskGraph } from './task-discovery.ts';
import { generalNetwork, trainExperts } from './task-experts.ts';
import { readTaskMoe, type StoredTasks, taskTensors } from './task-moe-state.ts';
import { sumTaskScores, taskCandidates, taskPriors } from './task-profiles.ts';
import { checkTrainingData, checkTrainingPart, modelMeans } from './training-data.ts';

/** Resolutions tried. On three sets of 2,500 to 4,500 prompts they give some 10 to 80 tasks. */
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

/** Candidates of a task cover so much of it: some 20 to 35 % of the models, where the paper has about 32 %. */
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
    const settings = {
      resolution: median('resolution'),
      shrinkage: median('shrinkage'),
      confidence: median('confidence'),
    };
    const tasks = stageOf(options, stage(0, 'tasks'));
    const first = await firstStage(await taskGraph(data, options.signal), data, settings, tasks);
    const epochs = {
      network: Math.max(1, Math.round(median('keptEpochs'))),
      experts: Math.round(median('expertEpochs')),
    };
    const second = await trainMixture(first, data, epochs, options);
    return estimatorOf(second, { ...settings, alpha: median('alpha') });
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

/** The setting whose priors have the lowest routing error on validation rows. */
async function chooseTasks(
  training: LabelledEmbeddings,
  held: LabelledEmbeddings,
  options: TrainingOptions,
): Promise<FirstStage> {
  const graph = await taskGraph(training, options.signal);
  let best: FirstStage | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [index, resolution] of RESOLUTIONS.entries()) {
    const base = { resolution, shrinkage: SHRINKAGES[0], confidence: CONFIDENCES[0] };
    const first = await firstStage(graph, training, base, options);
    const said = classify(first.stored.classifier, held.embeddings);
    const scores = sumTaskScores(training, first.tasks);
    for (const shrinkage of SHRINKAGES) {
      const priors = taskPriors(scores, shrinkage);
      for (const confidence of CONFIDENCES) {
        const error = routingError(
          predictPriors(priors, said, confidence, held),
          held.scores,
          held.models.length,
        );
        if (error >= lowest) continue;
        lowest = error;
        best = {
          tasks: first.tasks,
          stored: { ...first.stored, priors, confidence },
          settings: { resolution, shrinkage, confidence },
        };
      }
    }
    options.onProgress?.({
      done: index + 1,
      total: RESOLUTIONS.length,
      detail: `resolution ${resolution}: ${first.tasks.count} tasks`,
    });
  }
  if (best === undefined)
    throw new PointsmanError('ERR_INTERNAL', 'task-moe: no setting of tasks has a finite error');
  const { tasks, stored } = best;
  return { ...best, stored: { ...stored, candidates: candidatesOf(training, tasks, stored.priors) } };
}

async function firstStage(
  graph: TaskGraph,
  data: LabelledEmbeddings,
  settings: FirstSettings,
  { seed = 0, signal }: TrainingOptions,
): Promise<FirstStage> {
  const { resolution, shrinkage, confidence } = settings;
  await checkpoint(signal);
  const cut = { resolution, similarityShare: SIMILARITY_SHARE };
  const tasks = await discoverTasks(graph, cut, { seed, ...(signal === undefined ? {} : { signal }) });
  const classifier = await trainTaskClassifier(data, tasks, {
    seed,
    ...(signal === undefined ? {} : { signal }),
  });
  const priors = taskPriors(sumTaskScores(data, tasks), shrinkage);
  const sizes = new Float32Array(tasks.count);
  for (const task of tasks.of) if (task !== noTask) sizes[task] = (sizes[task] as number) + 1;
  const candidates = candidatesOf(data, tasks, priors);
  return { tasks, settings, stored: { classifier, confidence, sizes, priors, candidates } };
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
      promptWeight: stackTensors(networks.map((network) => network.promptWeight)),
      identities: stackTensors(networks.map((network) => network.identities.table)),
      identityWeight: stackTensors(networks.map((network) => network.identityLayer.weight)),
      identityBias: stackTensors(networks.map((network) => network.identityLayer.bias)),
      outWeight: stackTensors(networks.map((network) => network.outWeight)),
      outBias: stackTensors(networks.map((network) => network.outBias)),
      ...taskTensors(first.stored, experts.shifts, data.dimension),
    },
  } as const;
  return readTaskMoe(state, data.models, data.dimension);
}

import { createHead } from '../../bindings/engine.ts';
import { splitRows } from '../../lib/data/split.ts';
import { constantFactory } from '../../lib/estimator/constant.ts';
import { crossFit } from '../../lib/estimator/cross-fit.ts';
import type {
  CrossFitted,
  EstimatorFactory,
  LabelledEmbeddings,
  QualityEstimator,
} from '../../lib/estimator/estimator.ts';
import { iprFactory } from '../../lib/estimator/ipr.ts';
import { knnFactory } from '../../lib/estimator/knn.ts';
import { predictAll } from '../../lib/estimator/predict.ts';
import { ridgeFactory } from '../../lib/estimator/ridge.ts';
import { stackMembers } from '../../lib/estimator/stack.ts';
import {
  assignTasks,
  calibrateClassifier,
  classify,
  fitTaskClassifier,
} from '../../lib/estimator/task-classifier.ts';
import { discoverTasks, noTask, type Tasks, taskGraph } from '../../lib/estimator/task-discovery.ts';
import { taskMoeFactory } from '../../lib/estimator/task-moe.ts';
import { readTasks } from '../../lib/estimator/task-moe-state.ts';
import { adjustedRandIndex } from '../../lib/evaluate/adjusted-rand-index.ts';
import { crossFolds, defaultFolding } from '../../lib/train/learning-rows.ts';
import { quantile } from '../harness.ts';
import { type Field, type Ground, type Judgement, judgeOf, mean, scaleRows } from './ground.ts';

const resamples = 1000;
const alphas = Array.from({ length: 11 }, (_, i) => i / 10);
const stabilitySeeds = [0, 1, 2];
const headCalls = 2000;

/** One split of one set. */
export interface Routing {
  readonly part: 'routing';
  readonly set: string;
  readonly seed: number;
  /** `seconds` of training, where it was trained for itself. */
  readonly contenders: Readonly<Record<string, Judgement & { readonly seconds: number | null }>>;
  readonly chosenAlpha: number;
  readonly alphaCurve: readonly (Pick<Judgement, 'gapClosed' | 'routingError'> & {
    readonly alpha: number;
  })[];
  readonly tasks: {
    readonly count: number;
    /** Mean share of the models that are candidates of a task. */
    readonly candidateShare: number;
    /** Share of the test rows that have no task. */
    readonly noneShare: number;
    /** Mean adjusted Rand index over pairs of seeds of discovery on the same rows. */
    readonly stability: number;
    /** Mean confidence less the share of right tasks, on rows that a classifier was not trained on. */
    readonly overconfidence: number;
  };
  /** Median of one prompt's head, in microseconds. */
  readonly headUs: Readonly<Record<'ipr' | 'task-moe', number>>;
}

export async function measureRouting(ground: Ground, set: string, seed: number): Promise<Routing> {
  const { table } = ground;
  const split = splitRows(table.groups, { seed, train: 0.8, validation: 0, test: 0.2 });
  const field = scaleRows(ground, split.train, split.test);
  const learning = crossFolds(table, split.train, defaultFolding(split.train.length), seed);
  const judge = await judgeOf(ground, learning, split.test);
  const fitted = await fitAll(field.training, learning.folds, seed);
  const moe = fitted['task-moe'].estimator;
  const predict = (estimator: QualityEstimator) =>
    predictAll(estimator, field.test.embeddings, field.test.rows);
  const stage = (alpha: number) => ({
    ...judge(predict(withAlpha(moe, alpha)), null, resamples),
    seconds: null,
  });
  const trained = Object.entries(fitted).map(([name, one]) => [
    name,
    { ...judge(predict(one.estimator), one.outOfFold, resamples), seconds: one.seconds },
  ]);
  return {
    part: 'routing',
    set,
    seed,
    contenders: { ...Object.fromEntries(trained), 'stage 1 only': stage(0), 'stage 2 only': stage(1) },
    chosenAlpha: Number(moe.state().config.alpha),
    alphaCurve: alphas.map((alpha) => {
      const { gapClosed, routingError } = judge(predict(withAlpha(moe, alpha)), null, 0);
      return { alpha, gapClosed, routingError };
    }),
    tasks: await describeTasks(moe, field, seed),
    headUs: {
      ipr: headUs(fitted.ipr.estimator, field.test),
      'task-moe': headUs(moe, field.test),
    },
  };
}

type Timed = CrossFitted & { readonly seconds: number };

/** Each kind once: stacks are put together from the same members. */
async function fitAll(data: LabelledEmbeddings, folds: readonly number[], seed: number) {
  const timed = async (factory: EstimatorFactory): Promise<Timed> => {
    const start = performance.now();
    const fitted = await crossFit(factory, data, folds, { seed });
    return { ...fitted, seconds: (performance.now() - start) / 1000 };
  };
  const [ipr, moe] = [await timed(iprFactory), await timed(taskMoeFactory)];
  const others = [await timed(knnFactory), await timed(ridgeFactory), await timed(constantFactory)];
  const stack = (members: readonly Timed[]): Timed => ({
    ...stackMembers(
      members.map(({ estimator }) => estimator),
      members.map(({ outOfFold }) => outOfFold),
      data,
    ),
    seconds: members.reduce((sum, { seconds }) => sum + seconds, 0),
  });
  return {
    ipr,
    'task-moe': moe,
    stack: stack([ipr, ...others]),
    'stack and task-moe': stack([ipr, ...others, moe]),
    'stack, task-moe for ipr': stack([moe, ...others]),
  };
}

/** The same estimator with another share of its mixture. */
function withAlpha(estimator: QualityEstimator, alpha: number): QualityEstimator {
  const state = estimator.state();
  const changed = { ...state, config: { ...state.config, alpha } };
  return taskMoeFactory.fromState(changed, estimator.models, estimator.dimension);
}

async function describeTasks(
  estimator: QualityEstimator,
  { training, test }: Field,
  seed: number,
): Promise<Routing['tasks']> {
  const state = estimator.state();
  const stored = readTasks(state, training.models.length, training.dimension);
  const graph = await taskGraph(training);
  const settings = {
    resolution: Number(state.config.resolution),
    similarityShare: Number(state.config.similarityShare),
  };
  const found: Tasks[] = [];
  for (const own of stabilitySeeds) found.push(await discoverTasks(graph, settings, { seed: own }));
  const indices = found.flatMap((a, i) => found.slice(i + 1).map((b) => adjustedRandIndex(a.of, b.of)));
  const given = assignTasks(classify(stored.classifier, test.embeddings), stored.confidence);
  const [first] = found;
  return {
    count: stored.sizes.length,
    candidateShare: mean(stored.candidates.map(({ length }) => length)) / training.models.length,
    noneShare: given.filter((task) => task === noTask).length / test.rows,
    stability: mean(indices),
    overconfidence: first === undefined ? Number.NaN : await overconfidence(training, first, seed),
  };
}

/** A classifier of four fifths of the rows, held against the tasks of the others. */
async function overconfidence(data: LabelledEmbeddings, tasks: Tasks, seed: number): Promise<number> {
  const isHeld = (row: number) => row % 5 === 0;
  const seen = { ...tasks, of: tasks.of.map((task, row) => (isHeld(row) ? noTask : task)) };
  const fitted = await fitTaskClassifier(data, seen, { seed });
  const classifier = await calibrateClassifier(fitted, data, seen, { seed });
  const { task, confidence } = classify(classifier, data.embeddings);
  const rows = [...task.keys()].filter((row) => isHeld(row) && tasks.of[row] !== noTask);
  return mean(rows.map((row) => (confidence[row] ?? 0) - (task[row] === tasks.of[row] ? 1 : 0)));
}

function headUs(estimator: QualityEstimator, { embeddings, dimension, rows }: LabelledEmbeddings): number {
  using head = createHead(estimator.headSpec());
  const times = Array.from({ length: headCalls }, (_, call) => {
    const row = call % rows;
    const embedding = embeddings.subarray(row * dimension, (row + 1) * dimension);
    const begin = performance.now();
    head.score(embedding, 1);
    return 1000 * (performance.now() - begin);
  });
  return quantile(times, 0.5);
}

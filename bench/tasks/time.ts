import { crossFit } from '../../lib/estimator/cross-fit.ts';
import { iprFactory } from '../../lib/estimator/ipr.ts';
import { normaliseRows } from '../../lib/estimator/k-means.ts';
import { nearestRows } from '../../lib/estimator/neighbour-graph.ts';
import { fitTaskClassifier } from '../../lib/estimator/task-classifier.ts';
import { discoverTasks, taskGraph } from '../../lib/estimator/task-discovery.ts';
import { taskMoeFactory } from '../../lib/estimator/task-moe.ts';
import { crossFolds, defaultFolding } from '../../lib/train/learning-rows.ts';
import { plantedTable } from '../planted-table.ts';

const models = 20;
const dimension = 384;

/** CPU seconds of what training does, on made-up prompts. */
export interface Timing {
  readonly part: 'time';
  readonly rows: number;
  readonly tasks: number;
  readonly cpuSeconds: {
    /** Exact neighbours in all 384 dimensions, which training does not need. */
    readonly neighbours384: number;
    /** Neighbours in 64 principal components, and the overlap of rankings. */
    readonly graph: number;
    readonly communities: number;
    readonly classifier: number;
    /** Cross-fitting as `pointsman train` does, without its caution. */
    readonly training: number;
    readonly trainingIpr: number;
  };
}

export async function measureTime(rows: number): Promise<Timing> {
  const data = plantedTable({ rows, models, dimension }, 1, 0);
  const values = normaliseRows(data.embeddings, dimension);
  const neighbours384 = await timed('neighbours384', () =>
    nearestRows({ rows, dimension, values }, 15, undefined),
  );
  const graph = await timed('graph', () => taskGraph(data));
  const settings = { resolution: 4, similarityShare: 0.5 };
  const communities = await timed('communities', () => discoverTasks(graph.result, settings, { seed: 0 }));
  const classifier = await timed('classifier', () =>
    fitTaskClassifier(data, communities.result, { seed: 0 }),
  );
  const groups = Array.from({ length: rows }, (_, row) => `${row}`);
  const { folds } = crossFolds({ groups }, [...groups.keys()], defaultFolding(rows), 0);
  const training = await timed('training', () => crossFit(taskMoeFactory, data, folds, { seed: 0 }));
  const trainingIpr = await timed('trainingIpr', () => crossFit(iprFactory, data, folds, { seed: 0 }));
  return {
    part: 'time',
    rows,
    tasks: communities.result.count,
    cpuSeconds: {
      neighbours384: neighbours384.seconds,
      graph: graph.seconds,
      communities: communities.seconds,
      classifier: classifier.seconds,
      training: training.seconds,
      trainingIpr: trainingIpr.seconds,
    },
  };
}

async function timed<T>(
  name: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  process.stderr.write(`tasks: ${name}, ${seconds.toFixed(1)} s of CPU\n`);
  return { result, seconds };
}

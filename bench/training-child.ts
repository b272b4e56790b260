/**
 * One fresh process: trains one kind of estimator on one data set as `pointsman train` does, features given, checks it, and
 * prints what it took as JSON.
 */
import { join } from 'node:path';
import { createHead } from '../bindings/engine.ts';
import {
  defaultFeatures,
  defaultMaxTokens,
  defaultView,
  findEncoder,
} from '../lib/artifact/encoder-files.ts';
import { readRoutingData } from '../lib/data/read.ts';
import { splitRows } from '../lib/data/split.ts';
import { crossFit } from '../lib/estimator/cross-fit.ts';
import type { LabelledEmbeddings, QualityEstimator, TrainingProgress } from '../lib/estimator/estimator.ts';
import { predictAll } from '../lib/estimator/predict.ts';
import { estimatorFactory } from '../lib/estimator/registry.ts';
import { routingError } from '../lib/estimator/routing-error.ts';
import { embedTable, labelledRows } from '../lib/train/embed-table.ts';
import { crossFolds, defaultFolding, type LearningRows } from '../lib/train/learning-rows.ts';
import { quantile } from './harness.ts';
import { plantedTable } from './planted-table.ts';
import type { TrainingRun } from './training-time.ts';

/** Rows that check the estimator and time its head, of the test part. */
const CHECKED_ROWS = 1024;
const HEAD_CALLS = 50;

interface Parts {
  readonly training: LabelledEmbeddings;
  readonly learning: LearningRows;
  readonly test: LabelledEmbeddings;
}

const [set = '', kind = '', folder = ''] = process.argv.slice(2);
const { training, learning, test } = set === 'planted' ? planted() : await real(join(folder, set));
const before = process.memoryUsage.rss();
const cpuBefore = process.cpuUsage();
const start = performance.now();
const { estimator, outOfFold } = await crossFit(estimatorFactory(kind), training, learning.folds, {
  seed: 0,
  onProgress: showProgress,
});
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const peak = process.resourceUsage().maxRSS * 1024;
const error = errorOf(estimator);
const constant = errorOf(await estimatorFactory('constant').train(training, training, {}));
const held = outOfFold.reduce((count, quality) => (Number.isNaN(quality) ? count : count + 1), 0);
if (!(error <= constant)) throw new Error(`${kind} on ${set}: error ${error}, the constant has ${constant}`);
const run: TrainingRun = {
  rows: training.rows,
  heldRows: held / training.models.length,
  models: training.models.length,
  seconds,
  cpuSeconds: (user + system) / 1e6,
  dataMb: before / 2 ** 20,
  peakMb: peak / 2 ** 20,
  errorShare: error / constant,
  headMs: headMs(estimator),
};
console.log(JSON.stringify(run));

/** As wide as the default features. */
function planted(): Parts {
  const blocks = [384, 384, 16];
  const size = { models: 20, dimension: blocks.reduce((a, b) => a + b) };
  const training = { ...plantedTable({ ...size, rows: 160_000 }, 1, 0), blocks };
  const groups = Array.from({ length: training.rows }, (_, row) => `${row}`);
  const rows = [...groups.keys()];
  return {
    training,
    learning: crossFolds({ groups }, rows, defaultFolding(rows.length), 0),
    test: { ...plantedTable({ ...size, rows: CHECKED_ROWS }, 1, 2), blocks },
  };
}

async function real(path: string): Promise<Parts> {
  const table = await readRoutingData([join(path, 'prompts.jsonl.gz')]);
  const { options, ...encoder } = await findEncoder(null, defaultMaxTokens);
  const embedded = await embedTable(table, {
    ...encoder,
    options: { ...options, view: defaultView, features: defaultFeatures },
  });
  const split = splitRows(table.groups, { seed: 0, train: 0.8, validation: 0, test: 0.2 });
  return {
    training: labelledRows(table, embedded, split.train),
    learning: crossFolds(table, split.train, defaultFolding(split.train.length), 0),
    test: labelledRows(table, embedded, split.test.slice(0, CHECKED_ROWS)),
  };
}

function showProgress({ done, total, detail }: TrainingProgress): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done.toFixed(0)} of ${total}: ${detail}\x1b[K`);
}

function errorOf(trained: QualityEstimator): number {
  return routingError(predictAll(trained, test.embeddings, test.rows), test.scores, test.models.length);
}

/** Median time of the native head on one prompt: what a decision pays for this kind beyond the encoder. */
function headMs(trained: QualityEstimator): number {
  using head = createHead(trained.headSpec());
  const times = Array.from({ length: HEAD_CALLS }, (_, row) => {
    const embedding = test.embeddings.subarray(row * test.dimension, (row + 1) * test.dimension);
    const begin = performance.now();
    head.score(embedding, 1);
    return performance.now() - begin;
  });
  return quantile(times, 0.5);
}

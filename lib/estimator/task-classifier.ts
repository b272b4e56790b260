import { loadAddon } from '../../bindings/load.ts';
import { AdamW } from '../nn/adamw.ts';
import { Linear } from '../nn/layers/linear.ts';
import { softmaxCrossEntropy } from '../nn/losses/softmax-cross-entropy.ts';
import { zeroGradients } from '../nn/parameter.ts';
import { Random } from '../nn/random.ts';
import { cosineWithWarmup } from '../nn/schedule.ts';
import { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import { checkpoint } from './checkpoint.ts';
import type { LabelledEmbeddings, TrainingOptions } from './estimator.ts';
import { normaliseRows } from './k-means.ts';
import { gatherRows } from './take-rows.ts';
import { noTask, type Tasks } from './task-discovery.ts';

/**
 * Set once, not tuned: the priors of the tasks that it names have a routing error within 1.5 % of those that the nearest centre names,
 * on validation rows of three sets.
 */
const EPOCHS = 12;
const BATCH_ROWS = 128;
const MAX_EPOCH_STEPS = 128;
const LEARNING_RATE = 0.02;
/** Slope of the logits of the nearest-centre classifier that training starts from. */
const START_SLOPE = 10;
/** One row in so many calibrates, and is left out of the training that it calibrates. */
const CALIBRATION_PART = 5;

/** Logits weight x + bias of the tasks, of which the highest is a prompt's where its softmax is sure enough. */
export interface TaskClassifier {
  /** [tasks, dimension] */
  readonly weight: Float32Array;
  /** [tasks] */
  readonly bias: Float32Array;
}

/** What a classifier says of rows. */
export interface Classified {
  readonly task: Int32Array;
  /** Softmax of the task's logit. */
  readonly confidence: Float32Array;
}

/**
 * Softmax regression from embeddings to tasks. Rows of no task are not trained on. Its confidences are those of rows that it was
 * trained on, too high for others: see `calibrateClassifier`.
 */
export async function fitTaskClassifier(
  data: LabelledEmbeddings,
  tasks: Tasks,
  { seed = 0, signal }: TrainingOptions,
): Promise<TaskClassifier> {
  const rows = Int32Array.from([...tasks.of.keys()].filter((row) => tasks.of[row] !== noTask));
  return fitLayer(data, tasks, rows, { random: new Random(seed), signal });
}

/** The classifier at the temperature that suits one of the same tasks on rows which it was not trained on (Guo et al. 2017). */
export async function calibrateClassifier(
  { weight, bias }: TaskClassifier,
  data: LabelledEmbeddings,
  tasks: Tasks,
  { seed = 0, signal }: TrainingOptions,
): Promise<TaskClassifier> {
  const random = new Random(seed);
  const order = Int32Array.from([...tasks.of.keys()].filter((row) => tasks.of[row] !== noTask));
  random.shuffle(order);
  const isHeld = (at: number) => at % CALIBRATION_PART === 0;
  const [held, rest] = [order.filter((_, at) => isHeld(at)), order.filter((_, at) => !isHeld(at))];
  const trial = await fitLayer(data, tasks, rest, { random, signal });
  const temperature = fitTemperature(trial, data, tasks, held);
  return {
    weight: weight.map((value) => value / temperature),
    bias: bias.map((value) => value / temperature),
  };
}

/** Centres of the tasks, each of length 1: where training starts. */
export function centreClassifier(
  { dimension, embeddings }: LabelledEmbeddings,
  tasks: Tasks,
): TaskClassifier {
  const centres = new Float32Array(tasks.count * dimension);
  for (const [row, task] of tasks.of.entries()) {
    if (task === noTask) continue;
    for (let d = 0; d < dimension; ++d) {
      const at = task * dimension + d;
      centres[at] = (centres[at] as number) + (embeddings[row * dimension + d] as number);
    }
  }
  const weight = normaliseRows(centres, dimension).map((value) => START_SLOPE * value);
  return { weight, bias: new Float32Array(tasks.count) };
}

interface Fit {
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
}

async function fitLayer(
  data: LabelledEmbeddings,
  tasks: Tasks,
  rows: Int32Array,
  { random, signal }: Fit,
): Promise<TaskClassifier> {
  const { kernels } = loadAddon();
  const { dimension, embeddings } = data;
  const { weight, bias } = centreClassifier(data, onlyRows(tasks, rows));
  const layer = new Linear(
    new Tensor([tasks.count, dimension], weight, true),
    new Tensor([tasks.count], bias, true),
  );
  const parameters = layer.parameters('classifier');
  const optimiser = new AdamW(kernels, parameters);
  const order = rows.slice();
  const steps = Math.min(MAX_EPOCH_STEPS, Math.ceil(rows.length / BATCH_ROWS));
  const rate = cosineWithWarmup({ peak: LEARNING_RATE, totalSteps: EPOCHS * steps });
  for (let step = 0; step < EPOCHS * steps; ++step) {
    const at = step % steps;
    if (at === 0) {
      await checkpoint(signal);
      random.shuffle(order);
    }
    const batch = [...order.subarray(at * BATCH_ROWS, (at + 1) * BATCH_ROWS)];
    zeroGradients(parameters);
    const tape = new Tape(kernels, { training: true });
    const x = new Tensor([batch.length, dimension], gatherRows(embeddings, dimension, batch));
    const labels = batch.map((row) => tasks.of[row] as number);
    tape.backward(softmaxCrossEntropy(tape, layer.forward(tape, x), labels));
    optimiser.step(rate(step));
  }
  return { weight: layer.weight.data, bias: layer.bias.data };
}

function onlyRows({ of, count }: Tasks, rows: Int32Array): Tasks {
  const kept = new Int32Array(of.length).fill(noTask);
  for (const row of rows) kept[row] = of[row] as number;
  return { of: kept, count };
}

/** The temperature that rows which were not trained on are most likely under, by golden-section search over its logarithm. */
function fitTemperature(
  classifier: TaskClassifier,
  { dimension, embeddings }: LabelledEmbeddings,
  tasks: Tasks,
  rows: Int32Array,
): number {
  if (rows.length === 0) return 1;
  const logits = taskLogits(classifier, gatherRows(embeddings, dimension, [...rows]), rows.length);
  const { kernels } = loadAddon();
  const loss = (logTemperature: number) => {
    const shares = logits.map((logit) => logit / Math.exp(logTemperature));
    kernels.softmaxRows(shares, rows.length, tasks.count);
    const likelihood = (row: number, at: number) =>
      Math.log(Math.max(shares[at * tasks.count + (tasks.of[row] as number)] as number, 1e-30));
    return rows.reduce((sum, row, at) => sum - likelihood(row, at), 0);
  };
  return Math.exp(goldenSection(loss, Math.log(0.2), Math.log(20)));
}

/** Where a function with one minimum in [low, high] has it, to a thousandth of the range. */
function goldenSection(f: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  while (b - a > 1e-3 * (high - low)) {
    const [left, right] = [b - ratio * (b - a), a + ratio * (b - a)];
    if (f(left) <= f(right)) b = right;
    else a = left;
  }
  return (a + b) / 2;
}

/** [rows, tasks] */
function taskLogits({ weight, bias }: TaskClassifier, embeddings: Float32Array, rows: number): Float32Array {
  const tasks = bias.length;
  const logits = new Float32Array(rows * tasks);
  for (let row = 0; row < rows; ++row) logits.set(bias, row * tasks);
  const dimension = weight.length / tasks;
  loadAddon().kernels.gemm(false, true, rows, tasks, dimension, embeddings, weight, logits, true);
  return logits;
}

/** The likeliest task of each row [rows, dimension], the first of equals. */
export function classify(classifier: TaskClassifier, embeddings: Float32Array): Classified {
  const tasks = classifier.bias.length;
  const rows = embeddings.length / (classifier.weight.length / tasks);
  const shares = taskLogits(classifier, embeddings, rows);
  loadAddon().kernels.softmaxRows(shares, rows, tasks);
  const task = new Int32Array(rows);
  const confidence = new Float32Array(rows);
  for (let row = 0; row < rows; ++row) {
    const own = shares.subarray(row * tasks, (row + 1) * tasks);
    let best = 0;
    for (let other = 1; other < tasks; ++other)
      if ((own[other] as number) > (own[best] as number)) best = other;
    task[row] = best;
    confidence[row] = own[best] as number;
  }
  return { task, confidence };
}

/** The same with `noTask` where the confidence is below a threshold. */
export function assignTasks({ task, confidence }: Classified, threshold: number): Int32Array {
  return task.map((its, row) => ((confidence[row] as number) >= threshold ? its : noTask));
}

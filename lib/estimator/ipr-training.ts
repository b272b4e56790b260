import type { NativeKernels } from '../../bindings/addon.ts';
import { AdamW } from '../nn/adamw.ts';
import { clipGradients } from '../nn/clip-gradients.ts';
import { maskedBce } from '../nn/losses/masked-bce.ts';
import { maskedMse } from '../nn/losses/masked-mse.ts';
import { pairwiseRanking } from '../nn/losses/pairwise-ranking.ts';
import { add } from '../nn/ops/arithmetic.ts';
import { sigmoid } from '../nn/ops/pointwise.ts';
import { type Parameter, zeroGradients } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import { cosineWithWarmup } from '../nn/schedule.ts';
import { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import { checkpoint } from './checkpoint.ts';
import type { LabelledEmbeddings } from './estimator.ts';
import type { IprLoss } from './ipr-settings.ts';
import { routingError } from './routing-error.ts';
import { selectionRows } from './selection-rows.ts';

const WARMUP_STEPS = 50;

/**
 * Steps of an epoch at most: on tables of more rows an epoch is a random part of them, so that training is bounded and its
 * best epoch is found as finely as on small ones.
 */
const MAX_EPOCH_STEPS = 128;

/** Bounds what one unusual batch can do. */
const MAX_GRADIENT_NORM = 1;

/** Rows per forward pass outside training, which bounds its memory. */
const VALIDATION_BLOCK = 1024;

/** What training itself must know of a network's settings. */
export interface NetworkSettings {
  readonly loss: IprLoss;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly batchRows: number;
  readonly epochs: number;
  readonly patience: number;
}

/** A network on prompt embeddings, of `ipr` or another kind. */
export interface TrainableNetwork<Settings> {
  /** x [rows, dimension] to logits [rows, models]; dropout acts where the tape is training. */
  forward(tape: Tape, x: Tensor, settings: Settings, random: Random): Tensor;
  /** What training minimises, a scalar; targets [rows, models], NaN: missing. @default `settings.loss` of `forward` */
  loss?(tape: Tape, x: Tensor, targets: Float32Array, settings: Settings, random: Random): Tensor;
  parameters(): Parameter[];
}

export interface IprTraining<Settings extends NetworkSettings> {
  readonly kernels: NativeKernels;
  readonly settings: Settings;
  readonly training: LabelledEmbeddings;
  /** Rows to choose the epoch on; a number: train as many epochs of the schedule as that, and keep the last. */
  readonly validation: LabelledEmbeddings | number;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  /** The validation error is null where there are no validation rows. */
  readonly onEpoch: (epoch: number, validationError: number | null) => void;
}

/**
 * Minibatches over prompts, all models of a prompt at once, by AdamW on a cosine schedule. Leaves the network with the
 * weights of the epoch whose routing error on the validation rows was lowest, and resolves to how many epochs that took.
 */
export async function trainIprNetwork<Settings extends NetworkSettings>(
  network: TrainableNetwork<Settings>,
  run: IprTraining<Settings>,
): Promise<number> {
  const { settings, training, random, validation } = run;
  const held = typeof validation === 'number' ? null : selectionRows(validation);
  const mostEpochs = typeof validation === 'number' ? validation : settings.epochs;
  const parameters = network.parameters();
  const optimiser = new AdamW(run.kernels, parameters, { weightDecay: settings.weightDecay });
  const stepsPerEpoch = Math.min(MAX_EPOCH_STEPS, Math.ceil(training.rows / settings.batchRows));
  const totalSteps = settings.epochs * stepsPerEpoch;
  const warmupSteps = Math.min(WARMUP_STEPS, totalSteps - 1);
  const rate = cosineWithWarmup({ peak: settings.learningRate, warmupSteps, totalSteps });
  const order = Int32Array.from({ length: training.rows }, (_, row) => row);
  let lowest = Number.POSITIVE_INFINITY;
  let best: readonly Float32Array[] = [];
  let bestEpoch = 0;
  for (let epoch = 0; epoch < mostEpochs && epoch - bestEpoch <= settings.patience; ++epoch) {
    await checkpoint(run.signal);
    random.shuffle(order);
    for (let step = 0; step < stepsPerEpoch; ++step) {
      const rows = order.subarray(step * settings.batchRows, (step + 1) * settings.batchRows);
      takeGradients(network, run, parameters, rows);
      optimiser.step(rate(epoch * stepsPerEpoch + step));
    }
    if (held === null) {
      bestEpoch = epoch;
      run.onEpoch(epoch, null);
      continue;
    }
    const predictions = predictNetwork(network, run, held);
    const error = routingError(predictions, held.scores, held.models.length);
    run.onEpoch(epoch, error);
    if (error < lowest) {
      lowest = error;
      best = parameters.map(({ tensor }) => tensor.data.slice());
      bestEpoch = epoch;
    }
  }
  best.forEach((data, i) => {
    parameters[i]?.tensor.data.set(data);
  });
  return bestEpoch + 1;
}

function takeGradients<Settings extends NetworkSettings>(
  network: TrainableNetwork<Settings>,
  { kernels, settings, training, random }: IprTraining<Settings>,
  parameters: readonly Parameter[],
  rows: Int32Array,
): void {
  zeroGradients(parameters);
  const tape = new Tape(kernels, { training: true });
  const x = new Tensor(
    [rows.length, training.dimension],
    takeRows(training.embeddings, training.dimension, rows),
  );
  const targets = takeRows(training.scores, training.models.length, rows);
  const loss =
    network.loss?.(tape, x, targets, settings, random) ??
    lossOf(tape, settings.loss, network.forward(tape, x, settings, random), targets);
  tape.backward(loss);
  clipGradients(parameters, MAX_GRADIENT_NORM);
}

function lossOf(tape: Tape, loss: IprLoss, logits: Tensor, targets: Float32Array): Tensor {
  switch (loss) {
    case 'mse':
      return maskedMse(tape, sigmoid(tape, logits), targets);
    case 'bce':
      return maskedBce(tape, logits, targets);
    case 'bce+ranking':
      return add(tape, maskedBce(tape, logits, targets), pairwiseRanking(tape, logits, targets));
  }
}

function predictNetwork<Settings extends NetworkSettings>(
  network: TrainableNetwork<Settings>,
  { kernels, settings, random }: IprTraining<Settings>,
  data: LabelledEmbeddings,
): Float32Array {
  const { rows, dimension, models, embeddings } = data;
  const predictions = new Float32Array(rows * models.length);
  for (let start = 0; start < rows; start += VALIDATION_BLOCK) {
    const count = Math.min(VALIDATION_BLOCK, rows - start);
    const block = embeddings.subarray(start * dimension, (start + count) * dimension);
    const tape = new Tape(kernels);
    const logits = network.forward(tape, new Tensor([count, dimension], block), settings, random);
    predictions.set(sigmoid(tape, logits).data, start * models.length);
  }
  return predictions;
}

function takeRows(matrix: Float32Array, columns: number, rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    out.set(matrix.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return out;
}

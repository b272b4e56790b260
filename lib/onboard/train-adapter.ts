import { loadAddon } from '../../bindings/load.ts';
import { checkpoint } from '../estimator/checkpoint.ts';
import type { AddedAdapter } from '../estimator/onboarded.ts';
import { AdamW } from '../nn/adamw.ts';
import { clipGradients } from '../nn/clip-gradients.ts';
import { kaimingNormal } from '../nn/initialise.ts';
import { maskedMse } from '../nn/losses/masked-mse.ts';
import { add, mul, scale } from '../nn/ops/arithmetic.ts';
import { dropout } from '../nn/ops/dropout.ts';
import { matmul } from '../nn/ops/matmul.ts';
import { relu } from '../nn/ops/pointwise.ts';
import { type Parameter, zeroGradients } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import { cosineWithWarmup } from '../nn/schedule.ts';
import { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import type { FrozenTwin, TrainableHead } from './frozen-twin.ts';

/** How adapters are trained. */
export interface AdapterSettings {
  /** Units of the bottleneck. */
  readonly bottleneck: number;
  /** Lambda: weight of the old models' squared shift beside the new model's squared error. */
  readonly consistency: number;
}

/** Labelled prompts of the new model. */
export interface AdapterRows {
  readonly rows: number;
  readonly dimension: number;
  /** [rows, dimension] */
  readonly embeddings: Float32Array;
  /** [rows], in [0, 1] */
  readonly scores: Float64Array;
}

export interface AdapterRun {
  readonly twin: FrozenTwin;
  /** What the new model starts as: shares of the old models, [old], not negative, of sum 1. */
  readonly shares: Float64Array;
  readonly settings: AdapterSettings;
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
}

const batchRows = 64;
const epochs = 30;
/** Few labels still need steps, and many need no more than these: 30 passes of 3,000 prompts were no better. */
const stepRange = { least: 120, most: 400 } as const;
const learningRate = 3e-3;
const inputDropout = 0.4;
/** Old models whose shift is looked at per step, drawn anew each time: the mean over all of them in expectation. */
const watchedModels = 4;
const maxGradientNorm = 1;

/**
 * Trains a bottleneck residual adapter x' = x + W2 relu(W1 x + b1) and the new model's head behind it, while encoder and
 * old heads stay as they are (IPR, arXiv 2509.06274). Loss: mean squared error of the new model + lambda * mean over old
 * models of (their prediction on x' - their prediction on x)^2. W2 starts at zero, so training starts from the frozen
 * router's view of the prompt.
 */
export async function trainAdapter(data: AdapterRows, run: AdapterRun): Promise<AddedAdapter> {
  const { twin, settings, random } = run;
  const { kernels } = loadAddon();
  const network = new AdapterNetwork(data.dimension, settings.bottleneck, twin.startHead(run.shares), random);
  const parameters = network.parameters();
  const optimiser = new AdamW(kernels, parameters);
  const perEpoch = Math.ceil(data.rows / batchRows);
  const totalSteps = Math.min(stepRange.most, Math.max(stepRange.least, epochs * perEpoch));
  const rate = cosineWithWarmup({
    peak: learningRate,
    warmupSteps: Math.min(10, totalSteps - 1),
    totalSteps,
  });
  const frozen = twin.predict(data.embeddings, data.rows);
  const order = Int32Array.from({ length: data.rows }, (_, row) => row);
  for (let step = 0; step < totalSteps; step++) {
    const start = (step % perEpoch) * batchRows;
    if (start === 0) {
      await checkpoint(run.signal);
      random.shuffle(order);
    }
    zeroGradients(parameters);
    const tape = new Tape(kernels, { training: true });
    const batch = takeBatch(data, frozen, order.subarray(start, start + batchRows), watch(run));
    tape.backward(lossOf(tape, network, batch, run));
    clipGradients(parameters, maxGradientNorm);
    optimiser.step(rate(step));
  }
  return network.result();
}

/** The old models whose shift a step looks at. */
function watch({ twin, settings, random }: AdapterRun): readonly number[] {
  const count = settings.consistency === 0 ? 0 : Math.min(watchedModels, twin.old);
  return Array.from({ length: count }, () => random.integer(twin.old));
}

interface Batch {
  /** [rows, dimension] */
  readonly x: Tensor;
  /** [rows] */
  readonly targets: Float32Array;
  readonly watched: readonly number[];
  /** Frozen predictions of the watched models, [rows, watched]. */
  readonly frozen: Float32Array;
}

function takeBatch(
  { rows: all, dimension, embeddings, scores }: AdapterRows,
  frozen: Float32Array,
  rows: Int32Array,
  watched: readonly number[],
): Batch {
  const old = frozen.length / all;
  const x = new Float32Array(rows.length * dimension);
  const own = new Float32Array(rows.length * watched.length);
  for (const [to, row] of rows.entries()) {
    x.set(embeddings.subarray(row * dimension, (row + 1) * dimension), to * dimension);
    for (const [index, model] of watched.entries())
      own[to * watched.length + index] = frozen[row * old + model] ?? 0;
  }
  return {
    x: new Tensor([rows.length, dimension], x),
    targets: Float32Array.from(rows, (row) => scores[row] ?? Number.NaN),
    watched,
    frozen: own,
  };
}

function lossOf(tape: Tape, network: AdapterNetwork, batch: Batch, { settings, random }: AdapterRun): Tensor {
  const adapted = network.adapt(tape, batch.x, random);
  const { added, old } = network.head.predict(tape, adapted, batch.watched);
  const quality = maskedMse(tape, added, batch.targets);
  if (batch.watched.length === 0) return quality;
  return add(tape, quality, scale(tape, maskedMse(tape, old, batch.frozen), settings.consistency));
}

/** The trained part: adapter and head. */
class AdapterNetwork {
  readonly head: TrainableHead;
  /** W1, [bottleneck, dimension] */
  readonly #down: Tensor;
  /** b1, [bottleneck] */
  readonly #downBias: Tensor;
  /** W2, [dimension, bottleneck] */
  readonly #up: Tensor;

  constructor(dimension: number, bottleneck: number, head: TrainableHead, random: Random) {
    this.head = head;
    this.#down = kaimingNormal([bottleneck, dimension], dimension, random);
    this.#downBias = Tensor.zeros([bottleneck], true);
    this.#up = Tensor.zeros([dimension, bottleneck], true);
  }

  /**
   * x [rows, dimension] to x'. Dropout acts before the bottleneck only, since old models are compared on whole prompts, and
   * takes values out for a whole batch: a draw for each prompt's would take longer than the rest of the step.
   */
  adapt(tape: Tape, x: Tensor, random: Random): Tensor {
    const ones = new Tensor([x.shape[1] ?? 0], new Float32Array(x.shape[1] ?? 0).fill(1));
    const kept = mul(tape, x, dropout(tape, ones, inputDropout, random));
    const units = relu(tape, add(tape, matmul(tape, kept, this.#down, { transposeB: true }), this.#downBias));
    return add(tape, matmul(tape, units, this.#up, { transposeB: true }), x);
  }

  parameters(): Parameter[] {
    return [
      { name: 'down', tensor: this.#down, decay: true },
      { name: 'downBias', tensor: this.#downBias, decay: false },
      { name: 'up', tensor: this.#up, decay: true },
      ...this.head.parameters(),
    ];
  }

  result(): AddedAdapter {
    return {
      downWeight: this.#down.data.slice(),
      downBias: this.#downBias.data.slice(),
      upWeight: this.#up.data.slice(),
      head: this.head.result(),
    };
  }
}

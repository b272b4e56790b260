import { loadAddon } from '../../bindings/load.ts';
import { checkpoint } from '../estimator/checkpoint.ts';
import type { AddedAdapter } from '../estimator/onboarded.ts';
import { AdamW } from '../nn/adamw.ts';
import { clipGradients } from '../nn/clip-gradients.ts';
import { kaimingNormal } from '../nn/initialise.ts';
import { maskedMse } from '../nn/losses/masked-mse.ts';
import { add, scale } from '../nn/ops/arithmetic.ts';
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
/** Few labels still need steps. */
const leastSteps = 120;
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
  const totalSteps = Math.max(leastSteps, epochs * perEpoch);
  const rate = cosineWithWarmup({
    peak: learningRate,
    warmupSteps: Math.min(10, totalSteps - 1),
    totalSteps,
  });
  const order = Int32Array.from({ length: data.rows }, (_, row) => row);
  for (let step = 0; step < totalSteps; step++) {
    const start = (step % perEpoch) * batchRows;
    if (start === 0) {
      await checkpoint(run.signal);
      random.shuffle(order);
    }
    zeroGradients(parameters);
    const tape = new Tape(kernels, { training: true });
    tape.backward(lossOf(tape, network, takeBatch(data, order.subarray(start, start + batchRows)), run));
    clipGradients(parameters, maxGradientNorm);
    optimiser.step(rate(step));
  }
  return network.result();
}

interface Batch {
  readonly x: Tensor;
  readonly targets: Float32Array;
}

function takeBatch({ dimension, embeddings, scores }: AdapterRows, rows: Int32Array): Batch {
  const x = new Float32Array(rows.length * dimension);
  for (const [to, row] of rows.entries()) {
    x.set(embeddings.subarray(row * dimension, (row + 1) * dimension), to * dimension);
  }
  return {
    x: new Tensor([rows.length, dimension], x),
    targets: Float32Array.from(rows, (row) => scores[row] ?? Number.NaN),
  };
}

function lossOf(tape: Tape, network: AdapterNetwork, { x, targets }: Batch, run: AdapterRun): Tensor {
  const { twin, settings, random } = run;
  const adapted = network.adapt(tape, x, random);
  const quality = maskedMse(tape, network.head.predict(tape, adapted), targets);
  if (settings.consistency === 0) return quality;
  const columns = Array.from({ length: Math.min(watchedModels, twin.old) }, () => random.integer(twin.old));
  const frozen = twin.predictOld(new Tape(tape.kernels), x, columns).data;
  const shift = maskedMse(tape, twin.predictOld(tape, adapted, columns), frozen);
  return add(tape, quality, scale(tape, shift, settings.consistency));
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

  /** x [rows, dimension] to x', dropout before the bottleneck only: old models are compared on whole prompts. */
  adapt(tape: Tape, x: Tensor, random: Random): Tensor {
    const kept = dropout(tape, x, inputDropout, random);
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

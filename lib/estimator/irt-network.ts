import { kaimingNormal, normalTensor } from '../nn/initialise.ts';
import { Linear } from '../nn/layers/linear.ts';
import { gaussianKl } from '../nn/losses/gaussian-kl.ts';
import { maskedBce } from '../nn/losses/masked-bce.ts';
import { pairwiseRanking } from '../nn/losses/pairwise-ranking.ts';
import { add, scale } from '../nn/ops/arithmetic.ts';
import { dropout } from '../nn/ops/dropout.ts';
import { gatherRows } from '../nn/ops/gather-rows.ts';
import { matmul } from '../nn/ops/matmul.ts';
import { pairwiseHead } from '../nn/ops/pairwise-head.ts';
import { reshape } from '../nn/ops/reshape.ts';
import { sampleNormal } from '../nn/ops/sample-normal.ts';
import type { Parameter } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import type { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import type { TrainableNetwork } from './ipr-training.ts';
import type { ResolvedIrtSettings } from './irt-settings.ts';
import { meanLogits } from './mean-logit.ts';

/** Identities start near each other, and almost certain: the prior widens what the data does not tell. */
const IDENTITY_DEVIATION = 0.3;
const LOG_VARIANCE = -4;

/** What a network is made for. */
export interface IrtShape {
  readonly dimension: number;
  readonly models: number;
  /** Mean of all known scores, from which training starts. */
  readonly meanScore: number;
  /** Known cells of the training rows, over which the KL divergence is spread. */
  readonly cells: number;
}

/**
 * LLM Bandit's identities (arXiv 2502.02743): q(I_k) = N(mean_k, diag exp(logVariance_k)) for every model, and two
 * heads on one backbone h = relu(W e + W_I I_k + b): passed = sigmoid(u·h + u_0), and model k beats l on a prompt with
 * sigmoid(v·h_k - v·h_l). A model is told by its identity alone: there is no output bias of its own.
 */
export class IrtNetwork implements TrainableNetwork<ResolvedIrtSettings> {
  /** W, [hidden, dimension]. */
  readonly promptWeight: Tensor;
  /** [models, identity] */
  readonly means: Tensor;
  /** [models, identity] */
  readonly logVariances: Tensor;
  /** W_I, [hidden, identity], and b, [hidden]. */
  readonly identityLayer: Linear;
  /** u, [hidden]. */
  readonly outWeight: Tensor;
  /** u_0, [1, 1]. */
  readonly outBias: Tensor;
  /** v, [hidden]. */
  readonly pairWeight: Tensor;
  readonly #shape: IrtShape;

  constructor(settings: ResolvedIrtSettings, shape: IrtShape, random: Random) {
    const { hiddenSize, identitySize } = settings;
    this.#shape = shape;
    this.promptWeight = kaimingNormal([hiddenSize, shape.dimension], shape.dimension, random);
    this.means = normalTensor([shape.models, identitySize], IDENTITY_DEVIATION, random);
    const logVariances = new Float32Array(shape.models * identitySize).fill(LOG_VARIANCE);
    this.logVariances = new Tensor([shape.models, identitySize], logVariances, true);
    this.identityLayer = Linear.initialise(identitySize, hiddenSize, random);
    this.outWeight = normalTensor([hiddenSize], Math.sqrt(1 / hiddenSize), random);
    this.outBias = new Tensor([1, 1], meanLogits(Float32Array.of(shape.meanScore)), true);
    this.pairWeight = normalTensor([hiddenSize], Math.sqrt(1 / hiddenSize), random);
  }

  /** x [rows, dimension] to the success head's logits [rows, models]. Training samples identities, otherwise means serve. */
  forward(tape: Tape, x: Tensor, settings: ResolvedIrtSettings, random: Random): Tensor {
    return this.#heads(tape, x, settings, random).success;
  }

  /** The negative evidence lower bound per known cell: both cross entropies and KL / cells. */
  loss(tape: Tape, x: Tensor, targets: Float32Array, settings: ResolvedIrtSettings, random: Random): Tensor {
    const { success, pair } = this.#heads(tape, x, settings, random);
    const kl = gaussianKl(tape, this.means, this.logVariances);
    const ranking = scale(tape, pairwiseRanking(tape, pair(), targets), settings.pairWeight);
    const fit = add(tape, maskedBce(tape, success, targets), ranking);
    return add(tape, fit, scale(tape, kl, 1 / this.#shape.cells));
  }

  #heads(tape: Tape, x: Tensor, settings: ResolvedIrtSettings, random: Random) {
    const kept = dropout(tape, x, settings.inputDropout, random);
    const identities = sampleNormal(tape, this.means, this.logVariances, random);
    const prompt = matmul(tape, kept, this.promptWeight, { transposeB: true });
    const model = this.identityLayer.forward(tape, identities);
    const { models } = this.#shape;
    // A unit without outgoing weight is a unit dropped, for the whole batch.
    const outWeight = dropout(tape, this.outWeight, settings.hiddenDropout, random);
    const outBias = reshape(tape, gatherRows(tape, this.outBias, new Int32Array(models)), [models]);
    return {
      success: pairwiseHead(tape, { prompt, model, outWeight, outBias }),
      pair: () =>
        pairwiseHead(tape, { prompt, model, outWeight: this.pairWeight, outBias: Tensor.zeros([models]) }),
    };
  }

  parameters(): Parameter[] {
    return [
      { name: 'promptWeight', tensor: this.promptWeight, decay: true },
      // The prior, in the loss, takes the place of decay.
      { name: 'means', tensor: this.means, decay: false },
      { name: 'logVariances', tensor: this.logVariances, decay: false },
      ...this.identityLayer.parameters('identityLayer'),
      { name: 'outWeight', tensor: this.outWeight, decay: true },
      { name: 'outBias', tensor: this.outBias, decay: false },
      { name: 'pairWeight', tensor: this.pairWeight, decay: true },
    ];
  }
}

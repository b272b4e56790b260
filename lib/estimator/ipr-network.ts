import { kaimingNormal, normalTensor } from '../nn/initialise.ts';
import { Embedding } from '../nn/layers/embedding.ts';
import { Linear } from '../nn/layers/linear.ts';
import { dropout } from '../nn/ops/dropout.ts';
import { matmul } from '../nn/ops/matmul.ts';
import { pairwiseHead } from '../nn/ops/pairwise-head.ts';
import type { Parameter } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import type { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import type { ResolvedIprSettings } from './ipr-settings.ts';
import { meanLogits } from './mean-logit.ts';

/** Identities start close enough to each other that the models share what they have in common. */
const IDENTITY_DEVIATION = 0.3;

/**
 * IPR's quality estimator on a frozen embedding (arXiv 2509.06274): h = relu(W e + W_z z_c + b), logit = u·h + bias_c,
 * with an identity vector z_c per model. The prompt's and the models' halves of the first layer meet in `pairwiseHead`.
 */
export class IprNetwork {
  /** W, [hidden, dimension]. */
  readonly promptWeight: Tensor;
  /** z, [models, identity]. */
  readonly identities: Embedding;
  /** W_z, [hidden, identity], and b, [hidden]. */
  readonly identityLayer: Linear;
  /** u, [hidden]. */
  readonly outWeight: Tensor;
  /** [models] */
  readonly outBias: Tensor;

  /** `meanScores`, one per model, sets the biases so that training starts from the constant estimator. */
  constructor(settings: ResolvedIprSettings, dimension: number, meanScores: Float32Array, random: Random) {
    const { hiddenSize, identitySize } = settings;
    this.promptWeight = kaimingNormal([hiddenSize, dimension], dimension, random);
    this.identities = Embedding.initialise(meanScores.length, identitySize, IDENTITY_DEVIATION, random);
    this.identityLayer = Linear.initialise(identitySize, hiddenSize, random);
    this.outWeight = normalTensor([hiddenSize], Math.sqrt(1 / hiddenSize), random);
    this.outBias = new Tensor([meanScores.length], meanLogits(meanScores), true);
  }

  /** x [rows, dimension] to logits [rows, models]; dropout acts where the tape is training. */
  forward(tape: Tape, x: Tensor, settings: ResolvedIprSettings, random: Random): Tensor {
    const kept = dropout(tape, x, settings.inputDropout, random);
    return pairwiseHead(tape, {
      prompt: matmul(tape, kept, this.promptWeight, { transposeB: true }),
      model: this.identityLayer.forward(tape, this.identities.table),
      // A unit without outgoing weight is a unit dropped, for the whole batch.
      outWeight: dropout(tape, this.outWeight, settings.hiddenDropout, random),
      outBias: this.outBias,
    });
  }

  parameters(): Parameter[] {
    return [
      { name: 'promptWeight', tensor: this.promptWeight, decay: true },
      ...this.identities.parameters('identities'),
      ...this.identityLayer.parameters('identityLayer'),
      { name: 'outWeight', tensor: this.outWeight, decay: true },
      { name: 'outBias', tensor: this.outBias, decay: false },
    ];
  }
}

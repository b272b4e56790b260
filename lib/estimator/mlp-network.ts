import { normalTensor } from '../nn/initialise.ts';
import { Linear } from '../nn/layers/linear.ts';
import { dropout } from '../nn/ops/dropout.ts';
import { relu } from '../nn/ops/pointwise.ts';
import type { Parameter } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import type { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import type { TrainableNetwork } from './ipr-training.ts';
import { meanLogits } from './mean-logit.ts';
import type { ResolvedMlpSettings } from './mlp-settings.ts';

/** A trunk of dense layers with relu that all models share, and one output, a logit, per model. */
export class MlpNetwork implements TrainableNetwork<ResolvedMlpSettings> {
  /** The hidden layers, and the outputs' last. */
  readonly layers: readonly Linear[];

  /** `meanScores`, one per model, sets the output biases so that training starts near the constant estimator. */
  constructor(settings: ResolvedMlpSettings, dimension: number, meanScores: Float32Array, random: Random) {
    const { hiddenLayers, hiddenSize } = settings;
    const trunk = Array.from({ length: hiddenLayers }, (_, layer) =>
      Linear.initialise(layer === 0 ? dimension : hiddenSize, hiddenSize, random),
    );
    const outputs = new Linear(
      normalTensor([meanScores.length, hiddenSize], Math.sqrt(1 / hiddenSize), random),
      new Tensor([meanScores.length], meanLogits(meanScores), true),
    );
    this.layers = [...trunk, outputs];
  }

  /** x [rows, dimension] to logits [rows, models]; dropout acts where the tape is training. */
  forward(tape: Tape, x: Tensor, settings: ResolvedMlpSettings, random: Random): Tensor {
    return this.layers.reduce((input, layer, index) => {
      if (index === 0) return layer.forward(tape, dropout(tape, input, settings.inputDropout, random));
      return layer.forward(tape, dropout(tape, relu(tape, input), settings.hiddenDropout, random));
    }, x);
  }

  parameters(): Parameter[] {
    return this.layers.flatMap((layer, index) => layer.parameters(`layer${index}`));
  }
}

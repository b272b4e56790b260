import { Linear } from '../nn/layers/linear.ts';
import { concatColumns } from '../nn/ops/concat-columns.ts';
import { relu } from '../nn/ops/pointwise.ts';
import type { Parameter } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import type { Tape } from '../nn/tape.ts';
import type { Tensor } from '../nn/tensor.ts';
import { criticFeatures } from '../policy/candidate-features.ts';
import type { PolicyInputs } from '../policy/network-shapes.ts';
import type { PolicyNetworkConfig } from '../policy/policy-network.ts';
import { type PromptNoise, promptLayer, promptPart } from './actor.ts';
import type { ChoiceBatch } from './choice-batch.ts';
import { SetEncoder } from './set-encoder.ts';

/** The vector value V(x, C): the score and the cost to expect of a choice, whatever the preference. For training alone. */
export class Critic {
  readonly sets: SetEncoder;
  readonly prompt: Linear;
  readonly hidden: Linear;
  readonly out: Linear;

  constructor(config: PolicyNetworkConfig, { dimension, identitySize }: PolicyInputs, random: Random) {
    const { width } = config;
    this.sets = new SetEncoder(identitySize + criticFeatures, config, random);
    this.prompt = promptLayer(dimension, width, random);
    this.hidden = Linear.initialise(2 * width, 2 * width, random);
    this.out = Linear.initialise(2 * width, 2, random);
  }

  /** [sets, 2] */
  forward(tape: Tape, batch: ChoiceBatch, noise: PromptNoise): Tensor {
    const pooled = this.sets.forward(tape, batch.unpreferred, batch.sets);
    const state = concatColumns(tape, [pooled, promptPart(tape, this.prompt, batch.prompts, noise)]);
    return this.out.forward(tape, relu(tape, this.hidden.forward(tape, state)));
  }

  parameters(): Parameter[] {
    return [
      ...this.sets.parameters('sets'),
      ...this.prompt.parameters('prompt'),
      ...this.hidden.parameters('hidden'),
      ...this.out.parameters('out'),
    ];
  }
}

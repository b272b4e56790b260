import { normalTensor, xavierUniform } from '../nn/initialise.ts';
import { Linear } from '../nn/layers/linear.ts';
import { add } from '../nn/ops/arithmetic.ts';
import { concatColumns } from '../nn/ops/concat-columns.ts';
import { dropout } from '../nn/ops/dropout.ts';
import { gatherRows } from '../nn/ops/gather-rows.ts';
import { matmul } from '../nn/ops/matmul.ts';
import { relu, sigmoid } from '../nn/ops/pointwise.ts';
import { reshape } from '../nn/ops/reshape.ts';
import { rowDot } from '../nn/ops/row-dot.ts';
import type { Parameter } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import { setOfRows } from '../nn/sets.ts';
import type { Tape } from '../nn/tape.ts';
import { Tensor } from '../nn/tensor.ts';
import { actorFeatures, preferenceFeatures } from '../policy/candidate-features.ts';
import type { PolicyInputs } from '../policy/network-shapes.ts';
import type { PolicyNetworkConfig } from '../policy/policy-network.ts';
import type { ChoiceBatch } from './choice-batch.ts';
import { SetEncoder } from './set-encoder.ts';

/** How inputs are made less certain in training. */
export interface PromptNoise {
  readonly dropout: number;
  readonly random: Random;
}

/** Of the utility: where it starts, 0.1 more in quality has odds of e. */
const FIRST_SHARPNESS = 10;
/** Of the layer whose product with h is what the network adds to the utility: little at the start. */
const CANDIDATE_DEVIATION = 0.02;

/** What a policy network computes, with gradients; `PolicyNetwork` in lib/policy computes the same without. */
export class Actor {
  readonly sets: SetEncoder;
  readonly prompt: Linear;
  readonly preference: Linear;
  readonly hidden: Linear;
  readonly out: Linear;
  readonly candidate: Linear;
  /** [1, 1] */
  readonly sharpness: Tensor;

  constructor(config: PolicyNetworkConfig, { dimension, identitySize }: PolicyInputs, random: Random) {
    const { width } = config;
    const inputs = identitySize + actorFeatures;
    this.sets = new SetEncoder(inputs, config, random);
    this.prompt = promptLayer(dimension, width, random);
    this.preference = Linear.initialise(preferenceFeatures, width, random);
    this.hidden = Linear.initialise(3 * width, 2 * width, random);
    this.out = Linear.initialise(2 * width, width, random);
    const candidate = normalTensor([width, inputs], CANDIDATE_DEVIATION, random);
    this.candidate = new Linear(candidate, Tensor.zeros([width], true));
    this.sharpness = new Tensor([1, 1], Float32Array.of(FIRST_SHARPNESS), true);
  }

  /** A logit per candidate: [rows of sets]. */
  forward(tape: Tape, batch: ChoiceBatch, noise: PromptNoise): Tensor {
    const pooled = this.sets.forward(tape, batch.candidates, batch.sets);
    const prompt = promptPart(tape, this.prompt, batch.prompts, noise);
    const preference = this.preference.forward(tape, batch.preferences);
    const state = concatColumns(tape, [pooled, prompt, preference]);
    const h = this.out.forward(tape, relu(tape, this.hidden.forward(tape, state)));
    const ofRows = gatherRows(tape, h, setOfRows(batch.sets));
    const learned = rowDot(tape, this.candidate.forward(tape, batch.candidates), ofRows);
    const rows = batch.utilities.size;
    const utilities = matmul(tape, reshape(tape, batch.utilities, [rows, 1]), this.sharpness);
    return add(tape, learned, reshape(tape, utilities, [rows]));
  }

  parameters(): Parameter[] {
    return [
      ...this.sets.parameters('sets'),
      ...this.prompt.parameters('prompt'),
      ...this.preference.parameters('preference'),
      ...this.hidden.parameters('hidden'),
      ...this.out.parameters('out'),
      ...this.candidate.parameters('candidate'),
      { name: 'sharpness', tensor: this.sharpness, decay: false },
    ];
  }
}

export function promptLayer(dimension: number, width: number, random: Random): Linear {
  return new Linear(xavierUniform([width, dimension], dimension, width, random), Tensor.zeros([width], true));
}

/** proj(x) = sigmoid(W x + b): what lanes can compute as one more head. */
export function promptPart(tape: Tape, layer: Linear, prompts: Tensor, noise: PromptNoise): Tensor {
  return sigmoid(tape, layer.forward(tape, dropout(tape, prompts, noise.dropout, noise.random)));
}

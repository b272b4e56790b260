import { AdamW } from '../nn/adamw.ts';
import { clipGradients } from '../nn/clip-gradients.ts';
import { type Actions, clippedPolicy } from '../nn/losses/clipped-policy.ts';
import { maskedMse } from '../nn/losses/masked-mse.ts';
import { setSoftmax } from '../nn/losses/set-softmax.ts';
import { zeroGradients } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import { Tape } from '../nn/tape.ts';
import type { Tensor } from '../nn/tensor.ts';
import type { Actor } from './actor.ts';
import { type ChoiceBatch, makeBatch, scalarised } from './choice-batch.ts';
import type { Critic } from './critic.ts';
import { drawChoices } from './draw-choices.ts';
import { maxGradientNorm, type PolicyTraining } from './pretrain.ts';

/**
 * Multi-objective PPO (LLM Bandit, arXiv 2502.02743; Schulman et al. 2017): one-step episodes, in which a model is drawn and its
 * measured score and cost are the reward. The value is a vector that does not know the preference; the advantage is the reward
 * less the value, made one number by the preference. Inputs are not noised here: the ratio of probabilities is of one network.
 */
export async function improve(actor: Actor, critic: Critic, training: PolicyTraining): Promise<void> {
  const { data, neighbours, settings, kernels, random, onStep } = training;
  const [ofActor, ofCritic] = [actor.parameters(), critic.parameters()];
  const { weightDecay } = settings;
  const actorSteps = new AdamW(kernels, ofActor, { weightDecay });
  const criticSteps = new AdamW(kernels, ofCritic, { weightDecay });
  for (let round = 0; round < settings.rounds; ++round) {
    const batch = makeBatch(data, drawChoices(data, neighbours, settings.roundBatch, random));
    const acted = act(actor, critic, batch, training);
    for (let step = 0; step < settings.stepsPerRound; ++step) {
      const tape = new Tape(kernels, { training: true });
      const loss = clippedPolicy(tape, actor.forward(tape, batch, none(random)), acted, settings);
      descend(tape, loss, ofActor);
      actorSteps.step(settings.policyRate * settings.learningRate);
      const valueTape = new Tape(kernels, { training: true });
      const values = critic.forward(valueTape, batch, none(random));
      descend(valueTape, maskedMse(valueTape, values, acted.got), ofCritic);
      criticSteps.step(settings.learningRate);
    }
    await onStep();
  }
}

const none = (random: Random) => ({ dropout: 0, random });

function descend(tape: Tape, loss: Tensor, parameters: ReturnType<Actor['parameters']>): void {
  zeroGradients(parameters);
  tape.backward(loss);
  clipGradients(parameters, maxGradientNorm);
}

interface Acted extends Actions {
  /** [choices, 2] score and cost of what was drawn. */
  readonly got: Float32Array;
}

function act(actor: Actor, critic: Critic, batch: ChoiceBatch, { kernels, random }: PolicyTraining): Acted {
  const { sets, scores, costs } = batch;
  const tape = new Tape(kernels);
  const shares = setSoftmax(sets, actor.forward(tape, batch, none(random)).data);
  const values = critic.forward(tape, batch, none(random)).data;
  const rows = new Int32Array(sets.count);
  const got = new Float32Array(2 * sets.count);
  const advantages = new Float64Array(sets.count);
  for (let choice = 0; choice < sets.count; ++choice) {
    const row = drawRow(shares, sets.offsets[choice] as number, sets.offsets[choice + 1] as number, random);
    rows[choice] = row;
    got[2 * choice] = scores[row] as number;
    got[2 * choice + 1] = costs[row] as number;
    const score = (scores[row] as number) - (values[2 * choice] as number);
    const cost = (costs[row] as number) - (values[2 * choice + 1] as number);
    advantages[choice] = scalarised(batch, choice, score, cost);
  }
  const probabilities = Float64Array.from(rows, (row) => shares[row] as number);
  return { sets, rows, probabilities, advantages: ofUnitScale(advantages), got };
}

function drawRow(shares: Float64Array, first: number, end: number, random: Random): number {
  let left = random.uniform();
  for (let row = first; row < end - 1; ++row) {
    left -= shares[row] as number;
    if (left < 0) return row;
  }
  return end - 1;
}

/** Divided by their root mean square, so that the clip and the learning rate mean the same in every round. */
function ofUnitScale(values: Float64Array): Float64Array {
  const squares = values.reduce((sum, value) => sum + value * value, 0);
  const scale = Math.sqrt(squares / values.length);
  return scale > 0 ? values.map((value) => value / scale) : values;
}

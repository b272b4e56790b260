import type { NativeKernels } from '../../bindings/addon.ts';
import { AdamW } from '../nn/adamw.ts';
import { clipGradients } from '../nn/clip-gradients.ts';
import { setCrossEntropy } from '../nn/losses/set-cross-entropy.ts';
import { zeroGradients } from '../nn/parameter.ts';
import type { Random } from '../nn/random.ts';
import { Tape } from '../nn/tape.ts';
import type { Actor } from './actor.ts';
import { type ChoiceBatch, makeBatch, type PolicyRows } from './choice-batch.ts';
import { drawChoices } from './draw-choices.ts';
import type { PolicyTrainingSettings } from './settings.ts';

/** Gradients of a larger norm are scaled down to it. */
export const maxGradientNorm = 1;

/** What training a policy goes by. */
export interface PolicyTraining {
  readonly data: PolicyRows;
  /** [rows] the nearest other row of each. */
  readonly neighbours: ArrayLike<number>;
  readonly settings: PolicyTrainingSettings;
  readonly kernels: NativeKernels;
  readonly random: Random;
  /** Called after every step, which it may wait in between or end. */
  readonly onStep: () => Promise<void>;
}

/** Supervised: the model of the highest omega . [p, -c], with p the calibrated prediction, is to be the most probable one. */
export async function pretrain(actor: Actor, training: PolicyTraining): Promise<void> {
  const { data, neighbours, settings, kernels, random, onStep } = training;
  const parameters = actor.parameters();
  const optimiser = new AdamW(kernels, parameters, { weightDecay: settings.weightDecay });
  for (let step = 0; step < settings.pretrainingSteps; ++step) {
    const batch = makeBatch(data, drawChoices(data, neighbours, settings.pretrainingBatch, random));
    const tape = new Tape(kernels, { training: true });
    const logits = actor.forward(tape, batch, { dropout: settings.promptDropout, random });
    const loss = setCrossEntropy(tape, logits, batch.sets, bestCandidates(batch));
    zeroGradients(parameters);
    tape.backward(loss);
    clipGradients(parameters, maxGradientNorm);
    optimiser.step(settings.learningRate);
    await onStep();
  }
}

/** [choices] the candidate of the highest calibrated utility. */
function bestCandidates({ sets, calibrated }: ChoiceBatch): Int32Array {
  return Int32Array.from({ length: sets.count }, (_, set) => {
    const first = sets.offsets[set] as number;
    let best = first;
    for (let at = first; at < (sets.offsets[set + 1] as number); ++at) {
      if ((calibrated[at] as number) > (calibrated[best] as number)) best = at;
    }
    return best;
  });
}

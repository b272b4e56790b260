import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type CellLoss, maskedLoss } from './masked-loss.ts';

const CROSS_ENTROPY: CellLoss = {
  name: 'maskedBce',
  // -t log s(x) - (1 - t) log(1 - s(x)), in the form that does not overflow.
  value: (logit, target) => Math.max(logit, 0) - logit * target + Math.log1p(Math.exp(-Math.abs(logit))),
  slope: (logit, target) => 1 / (1 + Math.exp(-logit)) - target,
};

/** Mean binary cross entropy of logits over the known cells; targets in [0, 1], NaN for a missing cell. */
export function maskedBce(tape: Tape, logits: Tensor, targets: Float32Array): Tensor {
  return maskedLoss(tape, CROSS_ENTROPY, logits, targets);
}

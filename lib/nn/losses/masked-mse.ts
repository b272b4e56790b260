import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type CellLoss, maskedLoss } from './masked-loss.ts';

const SQUARED_ERROR: CellLoss = {
  name: 'maskedMse',
  value: (prediction, target) => (prediction - target) ** 2,
  slope: (prediction, target) => 2 * (prediction - target),
};

/** Mean squared error over the known cells; NaN in `targets` is a missing cell. */
export function maskedMse(tape: Tape, predictions: Tensor, targets: Float32Array): Tensor {
  return maskedLoss(tape, SQUARED_ERROR, predictions, targets);
}

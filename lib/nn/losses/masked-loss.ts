import { formatShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** Loss of one cell and its derivative, from the prediction and a target that is not NaN. */
export interface CellLoss {
  readonly name: string;
  readonly value: (prediction: number, target: number) => number;
  readonly slope: (prediction: number, target: number) => number;
}

/**
 * The mean of a cell loss over the cells whose target is known. A NaN target is a missing cell: it adds neither loss
 * nor gradient. With no known cell at all the loss is 0.
 */
export function maskedLoss(tape: Tape, loss: CellLoss, predictions: Tensor, targets: Float32Array): Tensor {
  requireShape(
    predictions.size === targets.length,
    loss.name,
    `predictions ${formatShape(predictions.shape)} need ${predictions.size} targets, got ${targets.length}`,
  );
  let total = 0;
  let known = 0;
  for (let i = 0; i < targets.length; ++i) {
    const target = targets[i] as number;
    if (Number.isNaN(target)) continue;
    total += loss.value(predictions.data[i] as number, target);
    known += 1;
  }
  const share = known > 0 ? 1 / known : 0;
  return tape.record([], Float32Array.of(total * share), [predictions], ([gradient = 0]) => {
    const into = predictions.gradientBuffer();
    for (let i = 0; i < into.length; ++i) {
      const target = targets[i] as number;
      if (Number.isNaN(target)) continue;
      const slope = loss.slope(predictions.data[i] as number, target);
      into[i] = (into[i] as number) + gradient * share * slope;
    }
  });
}

import { formatShape, requireShape, type Shape, sizeOf } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** The same values, in the same order, under another shape of the same size. Shares the data. */
export function reshape(tape: Tape, x: Tensor, shape: Shape): Tensor {
  requireShape(
    sizeOf(shape) === x.size,
    'reshape',
    `${formatShape(x.shape)} has ${x.size} values, ${formatShape(shape)} needs ${sizeOf(shape)}`,
  );
  return tape.record(shape, x.data, [x], (gradient) => {
    tape.kernels.accumulateRows(gradient, 1, x.size, x.gradientBuffer());
  });
}

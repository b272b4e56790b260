import { requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { scale } from './arithmetic.ts';

/** The sum of all elements, a scalar, accumulated in float64. */
export function sum(tape: Tape, x: Tensor): Tensor {
  const total = x.data.reduce((partial, value) => partial + value, 0);
  return tape.record([], Float32Array.of(total), [x], ([gradient = 0]) => {
    const into = x.gradientBuffer();
    for (let i = 0; i < into.length; ++i) into[i] = (into[i] as number) + gradient;
  });
}

/** The mean of all elements, a scalar. */
export function mean(tape: Tape, x: Tensor): Tensor {
  requireShape(x.size > 0, 'mean', 'a tensor without elements has no mean');
  return scale(tape, sum(tape, x), 1 / x.size);
}

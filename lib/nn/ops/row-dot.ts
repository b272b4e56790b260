import { formatShape, matrixShape, requireShape, sameShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** The dot product of every row of `a` with the same row of `b`: [rows]. */
export function rowDot(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const [rows, columns] = matrixShape('rowDot', 'a', a.shape);
  requireShape(
    sameShape(a.shape, b.shape),
    'rowDot',
    `a and b must have one shape, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
  );
  const out = new Float32Array(rows);
  for (let row = 0; row < rows; ++row) {
    let sum = 0;
    for (let i = row * columns; i < (row + 1) * columns; ++i)
      sum += (a.data[i] as number) * (b.data[i] as number);
    out[row] = sum;
  }
  return tape.record([rows], out, [a, b], (gradient) => {
    for (const [tensor, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!tensor.requiresGrad) continue;
      const into = tensor.gradientBuffer();
      for (let i = 0; i < into.length; ++i) {
        into[i] =
          (into[i] as number) + (gradient[Math.floor(i / columns)] as number) * (other.data[i] as number);
      }
    }
  });
}

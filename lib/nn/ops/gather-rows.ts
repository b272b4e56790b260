import { matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** Rows of `table` [count, columns] by index, repeats allowed: [indices, columns]. The gradient is added row by row. */
export function gatherRows(tape: Tape, table: Tensor, indices: ArrayLike<number>): Tensor {
  const [count, columns] = matrixShape('gatherRows', 'table', table.shape);
  const rows = Array.from(indices);
  for (const row of rows) {
    requireShape(
      Number.isInteger(row) && row >= 0 && row < count,
      'gatherRows',
      `index ${row} is outside a table of ${count} rows`,
    );
  }
  const out = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    out.set(table.data.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return tape.record([rows.length, columns], out, [table], (gradient) => {
    const into = table.gradientBuffer();
    rows.forEach((row, i) => {
      const target = into.subarray(row * columns, (row + 1) * columns);
      tape.kernels.accumulateRows(gradient.subarray(i * columns, (i + 1) * columns), 1, columns, target);
    });
  });
}

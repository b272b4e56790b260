import { matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** Matrices [rows, c1], [rows, c2], ... side by side: [rows, c1 + c2 + ...]. */
export function concatColumns(tape: Tape, parts: readonly Tensor[]): Tensor {
  const shapes = parts.map((part, i) => matrixShape('concatColumns', `part ${i}`, part.shape));
  const rows = shapes[0]?.[0];
  requireShape(rows !== undefined, 'concatColumns', 'needs at least one matrix');
  const columns = shapes.reduce((total, [partRows, partColumns], i) => {
    requireShape(partRows === rows, 'concatColumns', `part ${i} has ${partRows} rows, part 0 has ${rows}`);
    return total + partColumns;
  }, 0);
  const out = new Float32Array(rows * columns);
  forEachSegment(parts, rows, columns, (part, partSegment, segment) => {
    out.set(part.data.subarray(...partSegment), segment[0]);
  });
  return tape.record([rows, columns], out, parts, (gradient) => {
    forEachSegment(parts, rows, columns, (part, partSegment, segment) => {
      if (!part.requiresGrad) return;
      const width = segment[1] - segment[0];
      const target = part.gradientBuffer().subarray(...partSegment);
      tape.kernels.accumulateRows(gradient.subarray(...segment), 1, width, target);
    });
  });
}

/** [first, last) element of a run. */
type Segment = readonly [number, number];

function forEachSegment(
  parts: readonly Tensor[],
  rows: number,
  columns: number,
  visit: (part: Tensor, partSegment: Segment, segment: Segment) => void,
): void {
  let offset = 0;
  for (const part of parts) {
    const width = part.shape[1] ?? 0;
    for (let row = 0; row < rows; ++row) {
      const start = row * columns + offset;
      visit(part, [row * width, (row + 1) * width], [start, start + width]);
    }
    offset += width;
  }
}

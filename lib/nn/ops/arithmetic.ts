import { formatShape, requireShape, sameShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** How `b` lies over `a`: the two have one shape, or `b` is one row [columns] repeated over a's rows. */
interface Overlay {
  readonly rows: number;
  /** Elements of `b`. */
  readonly columns: number;
}

/** a + b. `b` has a's shape or is one row of it: [columns] under [rows, columns]. */
export function add(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const overlay = overlayOf('add', a, b);
  const out = combine(a.data, b.data, overlay, (x, y) => x + y);
  return tape.record(a.shape, out, [a, b], (gradient) => {
    if (a.requiresGrad) accumulate(a.gradientBuffer(), gradient, 1);
    if (b.requiresGrad)
      tape.kernels.accumulateRows(gradient, overlay.rows, overlay.columns, b.gradientBuffer());
  });
}

/** a - b. `b` has a's shape or is one row of it. */
export function sub(tape: Tape, a: Tensor, b: Tensor): Tensor {
  return add(tape, a, scale(tape, b, -1));
}

/** a * b by element. `b` has a's shape or is one row of it. */
export function mul(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const overlay = overlayOf('mul', a, b);
  const product = (x: number, y: number) => x * y;
  return tape.record(a.shape, combine(a.data, b.data, overlay, product), [a, b], (gradient) => {
    if (a.requiresGrad) accumulate(a.gradientBuffer(), combine(gradient, b.data, overlay, product), 1);
    if (b.requiresGrad) {
      const whole = { rows: 1, columns: a.size };
      const toB = combine(gradient, a.data, whole, product);
      tape.kernels.accumulateRows(toB, overlay.rows, overlay.columns, b.gradientBuffer());
    }
  });
}

/** factor * a, the factor a plain number. */
export function scale(tape: Tape, a: Tensor, factor: number): Tensor {
  const out = a.data.map((x) => factor * x);
  return tape.record(a.shape, out, [a], (gradient) => accumulate(a.gradientBuffer(), gradient, factor));
}

function overlayOf(operation: string, a: Tensor, b: Tensor): Overlay {
  const isRow = b.shape.length === 1 && a.shape.length === 2 && b.shape[0] === a.shape[1];
  requireShape(
    sameShape(a.shape, b.shape) || isRow,
    operation,
    `b must have the shape of a, ${formatShape(a.shape)}, or be one row of it, got ${formatShape(b.shape)}`,
  );
  return isRow ? { rows: a.shape[0] ?? 0, columns: b.size } : { rows: 1, columns: a.size };
}

function combine(
  a: Float32Array,
  b: Float32Array,
  { rows, columns }: Overlay,
  operation: (x: number, y: number) => number,
): Float32Array {
  const out = new Float32Array(a.length);
  for (let row = 0, i = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column, ++i) {
      out[i] = operation(a[i] as number, b[column] as number);
    }
  }
  return out;
}

function accumulate(into: Float32Array, gradient: Float32Array, factor: number): void {
  for (let i = 0; i < into.length; ++i) into[i] = (into[i] as number) + factor * (gradient[i] as number);
}

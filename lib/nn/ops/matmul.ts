import { formatShape, matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

export interface MatmulOptions {
  /** Read `a` as its transpose. @default false */
  readonly transposeA?: boolean;
  /** Read `b` as its transpose. @default false */
  readonly transposeB?: boolean;
}

/** op(a) [m, k] times op(b) [k, n] to [m, n], where op is the identity or the transpose. */
export function matmul(tape: Tape, a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  const [aRows, aColumns] = matrixShape('matmul', 'a', a.shape);
  const [bRows, bColumns] = matrixShape('matmul', 'b', b.shape);
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  requireShape(
    k === inner,
    'matmul',
    `inner lengths differ: ${formatShape([m, k])} times ${formatShape([inner, n])} (after transposes)`,
  );
  const { kernels } = tape;
  const out = new Float32Array(m * n);
  kernels.gemm(transposeA, transposeB, m, n, k, a.data, b.data, out, false);
  return tape.record([m, n], out, [a, b], (gradient) => {
    if (a.requiresGrad) {
      const into = a.gradientBuffer();
      if (transposeA) kernels.gemm(transposeB, true, k, m, n, b.data, gradient, into, true);
      else kernels.gemm(false, !transposeB, m, k, n, gradient, b.data, into, true);
    }
    if (b.requiresGrad) {
      const into = b.gradientBuffer();
      if (transposeB) kernels.gemm(true, transposeA, n, k, m, gradient, a.data, into, true);
      else kernels.gemm(!transposeA, false, k, n, m, a.data, gradient, into, true);
    }
  });
}

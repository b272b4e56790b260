import { formatShape, matrixShape, requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** Added to the variance; that of BERT. */
export const layerNormEpsilon = 1e-12;

export interface LayerNormInputs {
  /** [rows, columns] */
  readonly x: Tensor;
  /** [columns], as `bias`. */
  readonly gain: Tensor;
  readonly bias: Tensor;
}

/** Every row to mean 0 and variance 1, times gain plus bias (Ba et al. 2016). The variance is that of the row, in two passes. */
export function layerNorm(tape: Tape, { x, gain, bias }: LayerNormInputs): Tensor {
  const [rows, columns] = matrixShape('layerNorm', 'x', x.shape);
  requireShape(
    gain.size === columns && bias.size === columns,
    'layerNorm',
    `gain ${formatShape(gain.shape)} and bias ${formatShape(bias.shape)} must have the ${columns} columns of x`,
  );
  const normal = new Float32Array(x.size);
  const inverseDeviations = new Float64Array(rows);
  const out = new Float32Array(x.size);
  for (let row = 0; row < rows; ++row) {
    const start = row * columns;
    let mean = 0;
    for (let i = start; i < start + columns; ++i) mean += x.data[i] as number;
    mean /= columns;
    let variance = 0;
    for (let i = start; i < start + columns; ++i) variance += ((x.data[i] as number) - mean) ** 2;
    const inverse = 1 / Math.sqrt(variance / columns + layerNormEpsilon);
    inverseDeviations[row] = inverse;
    for (let i = 0; i < columns; ++i) {
      const value = inverse * ((x.data[start + i] as number) - mean);
      normal[start + i] = value;
      out[start + i] = value * (gain.data[i] as number) + (bias.data[i] as number);
    }
  }
  return tape.record([rows, columns], out, [x, gain, bias], (gradient) => {
    if (bias.requiresGrad) tape.kernels.accumulateRows(gradient, rows, columns, bias.gradientBuffer());
    if (gain.requiresGrad) {
      const scaled = gradient.map((value, i) => value * (normal[i] as number));
      tape.kernels.accumulateRows(scaled, rows, columns, gain.gradientBuffer());
    }
    if (!x.requiresGrad) return;
    const into = x.gradientBuffer();
    for (let row = 0; row < rows; ++row) {
      const start = row * columns;
      let mean = 0;
      let along = 0;
      for (let i = 0; i < columns; ++i) {
        const slope = (gradient[start + i] as number) * (gain.data[i] as number);
        mean += slope;
        along += slope * (normal[start + i] as number);
      }
      mean /= columns;
      along /= columns;
      for (let i = 0; i < columns; ++i) {
        const slope = (gradient[start + i] as number) * (gain.data[i] as number);
        const change = slope - mean - along * (normal[start + i] as number);
        into[start + i] = (into[start + i] as number) + (inverseDeviations[row] as number) * change;
      }
    }
  });
}

import type { Parameter } from './parameter.ts';

/**
 * Scales all gradients so that their joint Euclidean norm is at most `maxNorm` (Pascanu et al. 2013).
 * Returns the norm before.
 */
export function clipGradients(parameters: readonly Parameter[], maxNorm: number): number {
  let squares = 0;
  for (const { tensor } of parameters) {
    squares += sumOfSquares(tensor.gradient ?? new Float32Array(0));
  }
  const norm = Math.sqrt(squares);
  if (norm > maxNorm) {
    const factor = maxNorm / norm;
    for (const { tensor } of parameters) {
      const { gradient } = tensor;
      if (gradient === undefined) continue;
      for (let i = 0; i < gradient.length; ++i) gradient[i] = factor * (gradient[i] as number);
    }
  }
  return norm;
}

/** In four sums, which do not wait for each other's additions. */
function sumOfSquares(values: Float32Array): number {
  const whole = values.length - (values.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += (values[i] as number) ** 2;
    b += (values[i + 1] as number) ** 2;
    c += (values[i + 2] as number) ** 2;
    d += (values[i + 3] as number) ** 2;
  }
  for (let i = whole; i < values.length; ++i) a += (values[i] as number) ** 2;
  return a + b + c + d;
}

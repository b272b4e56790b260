import type { Parameter } from './parameter.ts';

/**
 * Scales all gradients so that their joint Euclidean norm is at most `maxNorm` (Pascanu et al. 2013).
 * Returns the norm before.
 */
export function clipGradients(parameters: readonly Parameter[], maxNorm: number): number {
  let squares = 0;
  for (const { tensor } of parameters) {
    for (const value of tensor.gradient ?? []) squares += value * value;
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

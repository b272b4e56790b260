import { requireShape, sameShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/**
 * The sum over elements of KL(N(mean, exp(logVariance)) || N(0, 1)) = (mean^2 + exp(logVariance) - 1 - logVariance) / 2, a scalar
 * (Kingma and Welling 2014, appendix B).
 */
export function gaussianKl(tape: Tape, mean: Tensor, logVariance: Tensor): Tensor {
  requireShape(
    sameShape(mean.shape, logVariance.shape),
    'gaussianKl',
    'mean and logVariance differ in shape',
  );
  const [mu, v] = [mean.data, logVariance.data];
  let total = 0;
  for (let i = 0; i < mu.length; ++i) {
    total += ((mu[i] as number) ** 2 + Math.exp(v[i] as number) - 1 - (v[i] as number)) / 2;
  }
  return tape.record([], Float32Array.of(total), [mean, logVariance], ([gradient = 0]) => {
    const [toMean, toVariance] = [mean.gradientBuffer(), logVariance.gradientBuffer()];
    for (let i = 0; i < mu.length; ++i) {
      toMean[i] = (toMean[i] as number) + gradient * (mu[i] as number);
      toVariance[i] = (toVariance[i] as number) + (gradient * (Math.exp(v[i] as number) - 1)) / 2;
    }
  });
}

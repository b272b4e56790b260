import type { Random } from '../random.ts';
import type { Tape } from '../tape.ts';
import { Tensor } from '../tensor.ts';
import { add, mul, scale } from './arithmetic.ts';
import { exp } from './pointwise.ts';

/**
 * While the tape is training, mean + exp(logVariance / 2) * noise with standard-normal noise, so that gradients reach both
 * (the reparameterisation of Kingma and Welling 2014). Otherwise the mean itself.
 */
export function sampleNormal(tape: Tape, mean: Tensor, logVariance: Tensor, random: Random): Tensor {
  if (!tape.training) return mean;
  const noise = new Tensor(
    mean.shape,
    Float32Array.from({ length: mean.size }, () => random.normal()),
  );
  return add(tape, mean, mul(tape, exp(tape, scale(tape, logVariance, 0.5)), noise));
}

import type { Random } from '../random.ts';
import { requireShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/**
 * While the tape is training, zeroes each element with probability `rate` in [0, 1) and divides the others by
 * 1 - rate, so that the expectation stays (inverted dropout). Otherwise the input itself.
 */
export function dropout(tape: Tape, x: Tensor, rate: number, random: Random): Tensor {
  requireShape(rate >= 0 && rate < 1, 'dropout', `the rate must be in [0, 1), got ${rate}`);
  if (!tape.training || rate === 0) return x;
  const mask = new Float32Array(x.size);
  random.fillOrZero(mask, rate, 1 / (1 - rate));
  const out = new Float32Array(x.size);
  for (let i = 0; i < mask.length; ++i) out[i] = (mask[i] as number) * (x.data[i] as number);
  return tape.record(x.shape, out, [x], (gradient) => {
    const into = x.gradientBuffer();
    for (let i = 0; i < into.length; ++i) {
      into[i] = (into[i] as number) + (mask[i] as number) * (gradient[i] as number);
    }
  });
}

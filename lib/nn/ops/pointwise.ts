import type { ActivationName } from '../../../bindings/addon.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

/** d y / d x of one element, from its input x and its output y. */
type Derivative = (x: number, y: number) => number;

const INVERSE_SQRT_2_PI = 1 / Math.sqrt(2 * Math.PI);

export function relu(tape: Tape, x: Tensor): Tensor {
  return pointwise(tape, x, activated(tape, x, 'relu'), (input) => (input > 0 ? 1 : 0));
}

/** x * Phi(x), the exact (erf) form. */
export function gelu(tape: Tape, x: Tensor): Tensor {
  return pointwise(tape, x, activated(tape, x, 'gelu'), (input, output) => {
    const density = INVERSE_SQRT_2_PI * Math.exp(-0.5 * input * input);
    // Phi(x) = y / x; near 0 its Taylor series, off by x^3 / 15, is the more exact of the two.
    const phi = Math.abs(input) > 1e-2 ? output / input : 0.5 + INVERSE_SQRT_2_PI * input;
    return phi + input * density;
  });
}

export function sigmoid(tape: Tape, x: Tensor): Tensor {
  return pointwise(tape, x, activated(tape, x, 'sigmoid'), (_, output) => output * (1 - output));
}

export function tanh(tape: Tape, x: Tensor): Tensor {
  return pointwise(tape, x, activated(tape, x, 'tanh'), (_, output) => 1 - output * output);
}

export function exp(tape: Tape, x: Tensor): Tensor {
  return pointwise(tape, x, x.data.map(Math.exp), (_, output) => output);
}

/** Natural logarithm; -Infinity and NaN where x is not positive, as Math.log. */
export function log(tape: Tape, x: Tensor): Tensor {
  return pointwise(tape, x, x.data.map(Math.log), (input) => 1 / input);
}

function activated(tape: Tape, x: Tensor, name: ActivationName): Float32Array {
  const out = x.data.slice();
  tape.kernels.activate(name, out);
  return out;
}

function pointwise(tape: Tape, x: Tensor, out: Float32Array, derivative: Derivative): Tensor {
  return tape.record(x.shape, out, [x], (gradient) => {
    const into = x.gradientBuffer();
    for (let i = 0; i < into.length; ++i) {
      const slope = derivative(x.data[i] as number, out[i] as number);
      into[i] = (into[i] as number) + slope * (gradient[i] as number);
    }
  });
}

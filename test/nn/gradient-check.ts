import { expect } from 'vitest';
import { mul } from '../../lib/nn/ops/arithmetic.ts';
import { sum } from '../../lib/nn/ops/reduce.ts';
import { Random } from '../../lib/nn/random.ts';
import { type Shape, sizeOf } from '../../lib/nn/shape.ts';
import { Tape } from '../../lib/nn/tape.ts';
import { Tensor } from '../../lib/nn/tensor.ts';
import { kernels } from './kernels.ts';

/** Large against float32 rounding (1e-7), small against the curvature of what is tested. */
const STEP = 5e-3;

/** Relative to the larger of the derivative and 1: truncation is about STEP^2, rounding about 1e-7 / STEP. */
const TOLERANCE = 2e-3;

/** Trainable values of size about 1 and at least 0.05 from 0, where relu and log have no derivative. */
export function randomTensor(shape: Shape, seed: number): Tensor {
  const random = new Random(seed);
  const draw = () => {
    const value = random.normal();
    return value + Math.sign(value) * 0.05;
  };
  return new Tensor(shape, Float32Array.from({ length: sizeOf(shape) }, draw), true);
}

/**
 * Compares the gradient of every input of `build` with central differences. A result that is no scalar is weighted
 * by fixed random numbers and summed, in float64 on the side of the differences.
 */
export function checkGradients(inputs: readonly Tensor[], build: (tape: Tape) => Tensor): void {
  const { shape } = build(new Tape(kernels, { training: true }));
  const weights = randomTensor(shape, 99).data;
  const value = () => {
    const { data } = build(new Tape(kernels, { training: true }));
    return data.reduce((total, x, i) => total + x * (weights[i] as number), 0);
  };
  for (const input of inputs) input.zeroGradient();
  const tape = new Tape(kernels, { training: true });
  tape.backward(sum(tape, mul(tape, build(tape), new Tensor(shape, weights))));
  inputs.forEach((input, index) => {
    const gradient = input.gradient ?? new Float32Array(input.size);
    for (let i = 0; i < input.size; ++i) {
      const measured = centralDifference(input.data, i, value);
      const error = Math.abs((gradient[i] as number) - measured) / Math.max(1, Math.abs(measured));
      expect(error, `input ${index} element ${i}: got ${gradient[i]}, measured ${measured}`).toBeLessThan(
        TOLERANCE,
      );
    }
  });
}

function centralDifference(data: Float32Array, index: number, value: () => number): number {
  const held = data[index] as number;
  data[index] = held + STEP;
  const above = { x: data[index] as number, y: value() };
  data[index] = held - STEP;
  const below = { x: data[index] as number, y: value() };
  data[index] = held;
  return (above.y - below.y) / (above.x - below.x);
}

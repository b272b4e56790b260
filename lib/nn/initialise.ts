import type { Random } from './random.ts';
import { type Shape, sizeOf } from './shape.ts';
import { Tensor } from './tensor.ts';

/** Normal with the given standard deviation, trainable. */
export function normalTensor(shape: Shape, deviation: number, random: Random): Tensor {
  const data = Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal());
  return new Tensor(shape, data, true);
}

/** For a layer followed by relu: deviation sqrt(2 / inputs) (He et al. 2015, eq. 10). */
export function kaimingNormal(shape: Shape, inputs: number, random: Random): Tensor {
  return normalTensor(shape, Math.sqrt(2 / inputs), random);
}

/** Uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010, eq. 16), trainable. */
export function xavierUniform(shape: Shape, inputs: number, outputs: number, random: Random): Tensor {
  const bound = Math.sqrt(6 / (inputs + outputs));
  const data = Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * random.uniform() - 1));
  return new Tensor(shape, data, true);
}

import { PointsmanError } from '../errors.ts';
import type { EstimatorState } from './estimator.ts';

/** What a stored tensor must look like; null: any length of at least 1. */
export type ExpectedShape = readonly (number | null)[];

/** The values of a stored tensor. Throws ERR_CORRUPT_FILE where it is missing or has another shape. */
export function readTensor(
  state: EstimatorState,
  name: string,
  expected: ExpectedShape,
  options: { readonly allowNaN?: boolean } = {},
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const tensor = state.tensors[name];
  if (tensor === undefined) throw corrupt(state, `has no tensor "${name}"`);
  const { shape, data } = tensor;
  const fits =
    shape.length === expected.length &&
    shape.every((length, i) => length === (expected[i] ?? length) && length >= 1) &&
    data.length === shape.reduce((product, length) => product * length, 1);
  if (!fits) {
    const wanted = expected.map((length) => length ?? 'any').join(', ');
    throw corrupt(
      state,
      `needs tensor "${name}" of shape [${wanted}], got [${shape.join(', ')}], ${data.length} values`,
    );
  }
  const isBroken = (value: number) => !(Number.isFinite(value) || (options.allowNaN && Number.isNaN(value)));
  const broken = data.findIndex(isBroken);
  if (broken >= 0) throw corrupt(state, `holds ${data[broken]} in tensor "${name}" at element ${broken}`);
  return tensor;
}

/** A stored number in [min, max]. Throws ERR_CORRUPT_FILE for anything else. */
export function readNumber(state: EstimatorState, name: string, min: number, max = Number.MAX_VALUE): number {
  const value = state.config[name];
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw corrupt(state, `needs a number "${name}" in [${min}, ${max}], got ${JSON.stringify(value)}`);
}

/** A stored whole number in [min, max]. Throws ERR_CORRUPT_FILE for anything else. */
export function readInteger(state: EstimatorState, name: string, min: number, max: number): number {
  const value = readNumber(state, name, min, max);
  if (Number.isInteger(value)) return value;
  throw corrupt(state, `needs a whole number "${name}", got ${value}`);
}

function corrupt(state: EstimatorState, problem: string): PointsmanError {
  return new PointsmanError('ERR_CORRUPT_FILE', `the stored ${state.kind} estimator ${problem}`);
}

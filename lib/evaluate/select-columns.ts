import { PointsmanError } from '../errors.ts';
import type { EvaluationInput } from './input.ts';

/** An input with the columns of `models` only, in their order. ERR_UNKNOWN_MODEL for one that it does not have. */
export function selectColumns(input: EvaluationInput, models: readonly string[]): EvaluationInput {
  const columns = models.map((model) => columnOf(input, model));
  const pick = (matrix: ArrayLike<number>) => pickColumns(matrix, input.models.length, columns);
  const { intervals } = input;
  return {
    ...input,
    models,
    scores: pick(input.scores),
    costsUsd: pick(input.costsUsd),
    predictedQuality: pick(input.predictedQuality),
    predictedCostUsd: pick(input.predictedCostUsd),
    ...(intervals === undefined
      ? {}
      : { intervals: { ...intervals, low: pick(intervals.low), high: pick(intervals.high) } }),
  };
}

function columnOf({ models }: EvaluationInput, model: string): number {
  const column = models.indexOf(model);
  if (column >= 0) return column;
  throw new PointsmanError('ERR_UNKNOWN_MODEL', `no column "${model}" among ${models.join(', ')}`);
}

function pickColumns(from: ArrayLike<number>, width: number, columns: readonly number[]): Float64Array {
  const rows = from.length / width;
  const into = new Float64Array(rows * columns.length);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (const column of columns) into[to++] = from[row * width + column] ?? Number.NaN;
  }
  return into;
}

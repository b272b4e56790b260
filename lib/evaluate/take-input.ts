import type { EvaluationInput } from './input.ts';

/** The given rows of an input, in the order given; intervals are left out. */
export function takeInput(input: EvaluationInput, rows: readonly number[]): EvaluationInput {
  const columns = input.models.length;
  const matrix = (values: ArrayLike<number>) =>
    Float64Array.from({ length: rows.length * columns }, (_, cell) => {
      const row = rows[Math.floor(cell / columns)] ?? 0;
      return values[row * columns + (cell % columns)] ?? Number.NaN;
    });
  const { sources, groups, promptLengths } = input;
  return {
    models: input.models,
    scores: matrix(input.scores),
    costsUsd: matrix(input.costsUsd),
    predictedQuality: matrix(input.predictedQuality),
    predictedCostUsd: matrix(input.predictedCostUsd),
    ...(sources === undefined ? {} : { sources: rows.map((row) => sources[row] ?? '') }),
    ...(groups === undefined ? {} : { groups: rows.map((row) => groups[row] ?? `row ${row}`) }),
    ...(promptLengths === undefined ? {} : { promptLengths: rows.map((row) => promptLengths[row] ?? 0) }),
  };
}

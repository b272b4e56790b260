import type { LabelledEmbeddings } from './estimator.ts';

/** The same rows with the models at `columns` alone, in that order. */
export function pickModels(data: LabelledEmbeddings, columns: readonly number[]): LabelledEmbeddings {
  const scores = new Float32Array(data.rows * columns.length);
  for (let row = 0; row < data.rows; row++) {
    for (const [to, column] of columns.entries()) {
      scores[row * columns.length + to] = data.scores[row * data.models.length + column] ?? Number.NaN;
    }
  }
  return { ...data, models: columns.map((column) => data.models[column] ?? ''), scores };
}

import type { LabelledEmbeddings } from './estimator.ts';
import { takeRows } from './take-rows.ts';

/**
 * Validation rows that settings are tried on at most. Where the error of a row varies as much as its mean, the mean over
 * 4,096 rows is known to 1 / sqrt(4096) = 1.6 %, and the difference of two settings on the same rows much better; more rows
 * only cost time (`knn` tries dozens of settings against all training rows).
 */
export const mostSelectionRows = 4096;

/** Evenly spaced rows of `data`, all of them where they are few: the same rows every time, whatever order sources come in. */
export function selectionRows(data: LabelledEmbeddings, most = mostSelectionRows): LabelledEmbeddings {
  if (data.rows <= most) return data;
  return takeRows(
    data,
    Array.from({ length: most }, (_, i) => Math.floor((i * data.rows) / most)),
  );
}

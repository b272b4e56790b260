import type { LabelledEmbeddings } from './estimator.ts';

/**
 * Scores as passed (1) or not (0), as item response theory takes them: at or above a threshold of each source, the one that
 * keeps the source's mean best (LLM Bandit, arXiv 2502.02743). Missing cells stay missing.
 * @returns [rows, models]
 */
export function binariseScores({ rows, models, scores, sources }: LabelledEmbeddings): Float32Array {
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < rows; ++row) {
    const source = sources?.[row] ?? '';
    const own = rowsOf.get(source);
    if (own === undefined) rowsOf.set(source, [row]);
    else own.push(row);
  }
  const passed = new Float32Array(scores.length).fill(Number.NaN);
  for (const own of rowsOf.values()) {
    const cells = own
      .flatMap((row) => models.map((_, model) => row * models.length + model))
      .filter((cell) => !Number.isNaN(scores[cell]));
    const threshold = meanKeepingThreshold(Float32Array.from(cells, (cell) => scores[cell] as number));
    for (const cell of cells) passed[cell] = (scores[cell] as number) >= threshold ? 1 : 0;
  }
  return passed;
}

/** Of the values that occur and one above all, the one with the share at or above it nearest the mean. */
function meanKeepingThreshold(values: Float32Array): number {
  const sorted = values.slice().sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  let best = { threshold: Number.POSITIVE_INFINITY, distance: mean };
  for (const [index, value] of sorted.entries()) {
    if (value === sorted[index - 1]) continue;
    const distance = Math.abs((sorted.length - index) / sorted.length - mean);
    if (distance < best.distance) best = { threshold: value, distance };
  }
  return best.threshold;
}

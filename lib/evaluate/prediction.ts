import { chooseByUtility } from '../policy/utility.ts';
import type { Cells } from './input.ts';

/** How far predicted quality is from measured quality, over all cells that were run. Lower is better but for `top1`. */
export interface PredictionErrors {
  /** Mean of |predicted - measured|. */
  readonly mae: number;
  /** Mean of (predicted - measured)^2. */
  readonly brier: number;
  /** Expected calibration error: cells of all models pooled in `eceBins` bins of equal width by prediction. */
  readonly ece: number;
  readonly eceBins: number;
  /**
   * Share of rows where the best predicted model (the cheaper of equals) is among the truly best ones; all that tie for
   * the best measured quality count.
   */
  readonly top1: number;
}

const kEceBins = 15;

export function predictionErrors(cells: Cells): PredictionErrors {
  let absolute = 0;
  let squared = 0;
  let count = 0;
  const predictedSums = new Float64Array(kEceBins);
  const measuredSums = new Float64Array(kEceBins);
  for (const [row, run] of cells.eligible.entries()) {
    for (const column of run) {
      const predicted = cells.predictedQuality[row * cells.models.length + column] ?? Number.NaN;
      const measured = cells.scores[row * cells.models.length + column] ?? Number.NaN;
      absolute += Math.abs(predicted - measured);
      squared += (predicted - measured) ** 2;
      count++;
      const bin = Math.max(0, Math.min(kEceBins - 1, Math.floor(predicted * kEceBins)));
      predictedSums[bin] = (predictedSums[bin] ?? 0) + predicted;
      measuredSums[bin] = (measuredSums[bin] ?? 0) + measured;
    }
  }
  // |mean predicted - mean measured| of a bin times its share of the cells is the gap between its sums over all cells.
  const gaps = predictedSums.reduce(
    (sum, predicted, bin) => sum + Math.abs(predicted - (measuredSums[bin] ?? 0)),
    0,
  );
  const [mae, brier, ece] = [absolute / count, squared / count, gaps / count];
  return { mae, brier, ece, eceBins: kEceBins, top1: topOneAccuracy(cells) };
}

function topOneAccuracy(cells: Cells): number {
  const columns = cells.models.length;
  let hits = 0;
  for (const [row, eligible] of cells.eligible.entries()) {
    const quality = cells.predictedQuality.subarray(row * columns, (row + 1) * columns);
    const costUsd = cells.predictedCostUsd.subarray(row * columns, (row + 1) * columns);
    const scores = cells.scores.subarray(row * columns, (row + 1) * columns);
    const chosen = chooseByUtility({ quality, costUsd, eligible }, 0).index;
    if (eligible.every((column) => (scores[column] ?? 0) <= (scores[chosen] ?? 0))) hits++;
  }
  return hits / cells.rows;
}

import { chooseByUtility } from '../policy/utility.ts';
import type { Cells } from './input.ts';
import type { RowWeights } from './outcome.ts';

/** How far predicted quality is from measured quality, over all cells that were run. Lower is better but for `top1`. */
export interface PredictionErrors {
  /** Mean of |predicted - measured|. */
  readonly mae: number;
  /** Mean of (predicted - measured)^2. */
  readonly brier: number;
  /**
   * Expected calibration error: cells of all models pooled in `eceBins` bins of equal width by prediction. A mean of
   * absolute values, so noise only ever adds to it, in resamples more than on the rows themselves.
   */
  readonly ece: number;
  readonly eceBins: number;
  /**
   * Share of rows where the best predicted model (the cheaper of equals) is among the truly best ones; all that tie for
   * the best measured quality count.
   */
  readonly top1: number;
}

export const eceBins = 15;

/** Sums per row, so that weights pick rows without another look at the cells. */
export interface PredictionTally {
  readonly cells: Float64Array;
  readonly absolute: Float64Array;
  readonly squared: Float64Array;
  /** [rows, eceBins] of predicted - measured. */
  readonly gaps: Float64Array;
  /** 1 where the best predicted model is among the best ones. */
  readonly hits: Float64Array;
}

/** The bin of equal width that a prediction falls into; predictions outside [0, 1] go to the outer ones. */
export function binOf(predicted: number): number {
  return Math.max(0, Math.min(eceBins - 1, Math.floor(predicted * eceBins)));
}

export function tallyPredictions(cells: Cells): PredictionTally {
  const sums = () => new Float64Array(cells.rows);
  const tally = { cells: sums(), absolute: sums(), squared: sums(), hits: topOneHits(cells) };
  const gaps = new Float64Array(cells.rows * eceBins);
  for (const [row, run] of cells.eligible.entries()) {
    for (const column of run) {
      const predicted = cells.predictedQuality[row * cells.models.length + column] ?? Number.NaN;
      const gap = predicted - (cells.scores[row * cells.models.length + column] ?? Number.NaN);
      tally.absolute[row] = (tally.absolute[row] ?? 0) + Math.abs(gap);
      tally.squared[row] = (tally.squared[row] ?? 0) + gap ** 2;
      const bin = row * eceBins + binOf(predicted);
      gaps[bin] = (gaps[bin] ?? 0) + gap;
    }
    tally.cells[row] = run.length;
  }
  return { ...tally, gaps };
}

export function predictionErrors(tally: PredictionTally, weights: RowWeights): PredictionErrors {
  let [rows, cells, absolute, squared, hits] = [0, 0, 0, 0, 0];
  const gaps = new Float64Array(eceBins);
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] ?? 0;
    if (weight === 0) continue;
    rows += weight;
    cells += weight * (tally.cells[row] ?? 0);
    absolute += weight * (tally.absolute[row] ?? 0);
    squared += weight * (tally.squared[row] ?? 0);
    hits += weight * (tally.hits[row] ?? 0);
    for (let bin = 0; bin < eceBins; bin++) {
      gaps[bin] = (gaps[bin] ?? 0) + weight * (tally.gaps[row * eceBins + bin] ?? 0);
    }
  }
  // |mean predicted - mean measured| of a bin times its share of the cells is the gap between its sums over all cells.
  const ece = gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / cells;
  return { mae: absolute / cells, brier: squared / cells, ece, eceBins, top1: hits / rows };
}

function topOneHits(cells: Cells): Float64Array {
  const columns = cells.models.length;
  return Float64Array.from(cells.eligible, (eligible, row) => {
    const quality = cells.predictedQuality.subarray(row * columns, (row + 1) * columns);
    const costUsd = cells.predictedCostUsd.subarray(row * columns, (row + 1) * columns);
    const scores = cells.scores.subarray(row * columns, (row + 1) * columns);
    const chosen = chooseByUtility({ quality, costUsd, eligible }, 0).index;
    return eligible.every((column) => (scores[column] ?? 0) <= (scores[chosen] ?? 0)) ? 1 : 0;
  });
}

import { PointsmanError } from '../errors.ts';
import type { CalibrationSet } from './calibration-set.ts';

/** Low and high end of a measured quality, in [0, 1]. */
export type QualityInterval = readonly [low: number, high: number];

/** The intervals of many prompts, as `evaluate` takes them; matrices are [rows, models], row-major. */
export interface IntervalMatrices {
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** The coverage they were made for. */
  readonly nominal: number;
}

/** Of the intervals that decisions show by default, and so of those that evaluations check. */
export const defaultCoverage = 0.9;

/**
 * Cells of equal width that predicted quality falls into. Bins are runs of cells, so the half width for a prediction is
 * one look into a table.
 */
const kCells = 64;
/** Rows of a bin: at 90 % a quantile of 60 residuals covers 86 to 94 % in two of three draws; half as many, 85 to 96 %. */
const kBinRows = 60;

/**
 * Split conformal intervals around predicted quality, [predicted - w, predicted + w] clipped to [0, 1]: w is the
 * ceil((n + 1) * coverage)-th smallest of the n absolute residuals of calibration rows that fell into the same bin, and
 * the whole of [0, 1] where n is too small for that. A measured score then lies inside with a probability of at least
 * `coverage`, for prompts like those of the calibration set.
 *
 * Bins are by model (Mondrian) and by predicted quality: narrow where the model is surely right or surely wrong. A model
 * with fewer than `kBinRows` rows takes the bins of all models together.
 */
export class ConformalIntervals {
  /** Nominal coverage, in (0, 1). */
  readonly coverage: number;
  readonly #columns: number;
  /**
   * [models, kCells]: half width for a model's prediction in a cell. In double, where differences of float32 are exact: a
   * model that is predicted alike everywhere has scores right at the ends, and rounding must not leave them all out.
   */
  readonly #halfWidths: Float64Array;

  constructor(set: CalibrationSet, coverage: number) {
    this.coverage = coverage;
    this.#columns = set.models.length;
    const residuals = set.models.map((_, column) => residualsOf(set, column));
    const pooled = halfWidthsByCell(residuals.flat(), coverage);
    this.#halfWidths = new Float64Array(set.models.length * kCells);
    for (const [column, own] of residuals.entries()) {
      const widths = own.length < kBinRows ? pooled : halfWidthsByCell(own, coverage);
      this.#halfWidths.set(widths, column * kCells);
    }
  }

  /** Around the prediction `quality` of the model at `column`. */
  intervalOf(column: number, quality: number): QualityInterval {
    const width = this.#halfWidths[column * kCells + cellOf(quality)] ?? 1;
    const low = quality - width;
    const high = quality + width;
    return [low < 0 ? 0 : low, high > 1 ? 1 : high];
  }

  /**
   * Around many predictions, [rows, models].
   * @throws ERR_INVALID_ARGUMENT where they are not of that shape.
   */
  around(predicted: ArrayLike<number>): IntervalMatrices {
    const columns = this.#columns;
    if (predicted.length % columns !== 0) {
      throw new PointsmanError(
        'ERR_INVALID_ARGUMENT',
        `intervals: expected predictions of shape [rows, ${columns} models], got ${predicted.length} values`,
      );
    }
    const low = new Float64Array(predicted.length);
    const high = new Float64Array(predicted.length);
    for (let cell = 0; cell < predicted.length; cell++) {
      [low[cell], high[cell]] = this.intervalOf(cell % columns, predicted[cell] ?? Number.NaN);
    }
    return { low, high, nominal: this.coverage };
  }
}

interface Residual {
  readonly cell: number;
  /** |predicted - measured| */
  readonly size: number;
}

function cellOf(quality: number): number {
  return Math.max(0, Math.min(kCells - 1, Math.floor(quality * kCells)));
}

function residualsOf({ models, rows, predicted, scores }: CalibrationSet, column: number): Residual[] {
  const residuals: Residual[] = [];
  for (let row = 0; row < rows; row++) {
    const quality = predicted[row * models.length + column] ?? Number.NaN;
    const size = Math.abs(quality - (scores[row * models.length + column] ?? Number.NaN));
    if (!Number.isNaN(size)) residuals.push({ cell: cellOf(quality), size });
  }
  return residuals;
}

/** Joins cells from the left until each bin has `kBinRows` rows; what is left at the right joins the last bin. */
function halfWidthsByCell(residuals: readonly Residual[], coverage: number): Float64Array {
  const byCell = Array.from({ length: kCells }, (): number[] => []);
  for (const { cell, size } of residuals) byCell[cell]?.push(size);
  const bins: { end: number; sizes: number[] }[] = [];
  let sizes: number[] = [];
  for (const [cell, own] of byCell.entries()) {
    sizes = [...sizes, ...own];
    if (sizes.length < kBinRows) continue;
    bins.push({ end: cell + 1, sizes });
    sizes = [];
  }
  const last = bins.pop() ?? { end: kCells, sizes: [] };
  bins.push({ end: kCells, sizes: [...last.sizes, ...sizes] });
  const widths = new Float64Array(kCells);
  let start = 0;
  for (const bin of bins) {
    widths.fill(conformalQuantile(bin.sizes, coverage), start, bin.end);
    start = bin.end;
  }
  return widths;
}

/** The ceil((n + 1) * coverage)-th smallest of n sizes; 1, the largest residual there can be, where that is past the end. */
function conformalQuantile(sizes: readonly number[], coverage: number): number {
  const rank = Math.ceil((sizes.length + 1) * coverage);
  return sizes.toSorted((a, b) => a - b)[rank - 1] ?? 1;
}

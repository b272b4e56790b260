import { PointsmanError } from '../errors.ts';
import type { IntervalMatrices, QualityInterval } from './conformal.ts';

export interface Coverage {
  /** Cells that were run. */
  readonly cells: number;
  /** Share of them whose score lies inside its interval, ends included; null without cells. */
  readonly share: number | null;
  /** Mean of high - low; null without cells. */
  readonly meanWidth: number | null;
}

export interface CoverageReport {
  readonly pooled: Coverage;
  readonly models: Readonly<Record<string, Coverage>>;
}

/** Float32 ends and scores must not fall out of their interval by rounding. */
const kRounding = 1e-6;

/**
 * How often measured scores lie inside their intervals, by model and over all cells. Both are [rows, models], row-major;
 * scores are NaN where not run.
 * @throws ERR_INVALID_ARGUMENT where the shapes disagree.
 */
export function coverageOf(
  intervals: readonly QualityInterval[] | Pick<IntervalMatrices, 'low' | 'high'>,
  scores: ArrayLike<number>,
  models: readonly string[],
): CoverageReport {
  const ends = 'low' in intervals ? intervals : endsOf(intervals);
  const columns = models.length;
  if (ends.low.length !== scores.length || columns === 0 || scores.length % columns !== 0) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `coverageOf: expected [rows, ${columns} models] of intervals and scores, got ${ends.low.length} and ${scores.length}`,
    );
  }
  const tallies = models.map((_, column) => tallyCoverage(ends, scores, column, columns, scores.length));
  return {
    pooled: summarise(tallyCoverage(ends, scores, 0, 1, scores.length)),
    models: Object.fromEntries(models.map((model, column) => [model, summarise(tallies[column])])),
  };
}

/** Sums over cells that were run, for means over any rows or models. */
export interface CoverageTally {
  readonly cells: number;
  readonly inside: number;
  readonly width: number;
}

/** Of every `step`-th cell of [`from`, `to`). */
export function tallyCoverage(
  { low, high }: Pick<IntervalMatrices, 'low' | 'high'>,
  scores: ArrayLike<number>,
  from: number,
  step: number,
  to: number,
): CoverageTally {
  const tally = { cells: 0, inside: 0, width: 0 };
  for (let cell = from; cell < to; cell += step) {
    const score = scores[cell] ?? Number.NaN;
    const [bottom, top] = [low[cell] ?? Number.NaN, high[cell] ?? Number.NaN];
    if (Number.isNaN(score)) continue;
    tally.cells += 1;
    tally.width += top - bottom;
    if (score >= bottom - kRounding && score <= top + kRounding) tally.inside += 1;
  }
  return tally;
}

function endsOf(intervals: readonly QualityInterval[]): Pick<IntervalMatrices, 'low' | 'high'> {
  return {
    low: Float64Array.from(intervals, ([low]) => low),
    high: Float64Array.from(intervals, ([, high]) => high),
  };
}

function summarise({ cells, inside, width }: CoverageTally = { cells: 0, inside: 0, width: 0 }): Coverage {
  if (cells === 0) return { cells, share: null, meanWidth: null };
  return { cells, share: inside / cells, meanWidth: width / cells };
}

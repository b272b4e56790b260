import { PointsmanError } from '../errors.ts';
import type { QualityInterval } from './conformal.ts';

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
  intervals: readonly QualityInterval[],
  scores: ArrayLike<number>,
  models: readonly string[],
): CoverageReport {
  const columns = models.length;
  if (intervals.length !== scores.length || columns === 0 || scores.length % columns !== 0) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `coverageOf: expected [rows, ${columns} models] of intervals and scores, got ${intervals.length} and ${scores.length}`,
    );
  }
  const tallies = models.map(() => ({ cells: 0, inside: 0, width: 0 }));
  for (const [cell, [low, high]] of intervals.entries()) {
    const score = scores[cell] ?? Number.NaN;
    const tally = tallies[cell % columns];
    if (Number.isNaN(score) || tally === undefined) continue;
    tally.cells += 1;
    tally.width += high - low;
    if (score >= low - kRounding && score <= high + kRounding) tally.inside += 1;
  }
  const pooled = tallies.reduce((sum, { cells, inside, width }) => ({
    cells: sum.cells + cells,
    inside: sum.inside + inside,
    width: sum.width + width,
  }));
  return {
    pooled: summarise(pooled),
    models: Object.fromEntries(
      models.map((model, column) => [model, summarise(tallies[column] ?? emptyTally)]),
    ),
  };
}

interface Tally {
  readonly cells: number;
  readonly inside: number;
  readonly width: number;
}

const emptyTally: Tally = { cells: 0, inside: 0, width: 0 };

function summarise({ cells, inside, width }: Tally): Coverage {
  if (cells === 0) return { cells, share: null, meanWidth: null };
  return { cells, share: inside / cells, meanWidth: width / cells };
}

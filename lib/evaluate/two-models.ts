import type { SingleModel } from './controls.ts';
import type { Cells } from './input.ts';
import { meanOutcome, type RowWeights } from './outcome.ts';

/**
 * RouteLLM's figures for a router between a weak and a strong model (Ong et al. 2024, arXiv 2406.18665, section 2.2).
 * PGR at a share of calls to the strong model is (quality - weak) / (strong - weak).
 */
export interface TwoModelFigures {
  readonly weak: string;
  readonly strong: string;
  /** Mean PGR over shares of strong calls from 0 to 1; random routing has 0.5. */
  readonly apgr: number;
  /** Least share of strong calls at which PGR reaches 50 % and 80 %. Random routing needs 0.5 and 0.8. */
  readonly cpt50: number;
  readonly cpt80: number;
}

/** The router beside the control that looks at nothing but how long the prompt is. */
export interface TwoModelComparison {
  readonly router: TwoModelFigures;
  /** The longest prompts go to the strong model, by the predicted cost of the weak one. A claim must beat it. */
  readonly promptLength: TwoModelFigures;
}

/**
 * Compares a router of two models with routing by prompt length. null where there are not exactly two models that were
 * run, or where they have the same quality. Rows on which one of them was not run count by their stand-in (`singleModels`).
 */
export function compareTwoModels(
  cells: Cells,
  singles: readonly SingleModel[],
  weights: RowWeights,
): TwoModelComparison | null {
  const [a, b] = singles;
  if (a === undefined || b === undefined || singles.length > 2) return null;
  const [weak, strong] =
    meanOutcome(a.outcome, weights).quality < meanOutcome(b.outcome, weights).quality ? [a, b] : [b, a];
  const weakColumn = cells.models.indexOf(weak.model);
  const strongColumn = cells.models.indexOf(strong.model);
  const at = (matrix: Float64Array, row: number, column: number) =>
    matrix[row * cells.models.length + column] ?? 0;
  const rows = Array.from({ length: cells.rows }, (_, row) => row);
  const gain = rows.map(
    (row) => at(cells.predictedQuality, row, strongColumn) - at(cells.predictedQuality, row, weakColumn),
  );
  const length = rows.map((row) => at(cells.predictedCostUsd, row, weakColumn));
  const router = figuresOf(gain, weak, strong, weights);
  const promptLength = figuresOf(length, weak, strong, weights);
  return router === null || promptLength === null ? null : { router, promptLength };
}

/** Sends rows to the strong model in falling order of `score`; rows of one score go together, as a threshold would. */
function figuresOf(
  score: readonly number[],
  weak: SingleModel,
  strong: SingleModel,
  weights: RowWeights,
): TwoModelFigures | null {
  const low = meanOutcome(weak.outcome, weights).quality;
  const high = meanOutcome(strong.outcome, weights).quality;
  if (!(high > low)) return null;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const order = Array.from(score.keys()).sort((a, b) => (score[b] ?? 0) - (score[a] ?? 0));
  const curve = [{ share: 0, pgr: 0 }];
  let share = 0;
  let quality = low;
  for (const [position, row] of order.entries()) {
    const weight = (weights[row] ?? 0) / total;
    share += weight;
    quality += weight * ((strong.outcome.scores[row] ?? 0) - (weak.outcome.scores[row] ?? 0));
    const next = order[position + 1];
    if (next !== undefined && score[next] === score[row]) continue;
    curve.push({ share, pgr: (quality - low) / (high - low) });
  }
  return {
    weak: weak.model,
    strong: strong.model,
    apgr: areaUnder(curve),
    cpt50: shareAt(curve, 0.5),
    cpt80: shareAt(curve, 0.8),
  };
}

interface CurvePoint {
  readonly share: number;
  readonly pgr: number;
}

/** By trapezoids: between two thresholds rows of one score are mixed at random. */
function areaUnder(curve: readonly CurvePoint[]): number {
  return curve.slice(1).reduce((area, { share, pgr }, i) => {
    const left = curve[i] ?? { share: 0, pgr: 0 };
    return area + ((share - left.share) * (pgr + left.pgr)) / 2;
  }, 0);
}

function shareAt(curve: readonly CurvePoint[], wanted: number): number {
  const index = curve.findIndex(({ pgr }) => pgr >= wanted);
  const right = curve[index] ?? { share: 1, pgr: 1 };
  const left = curve[index - 1];
  if (left === undefined) return right.share;
  return left.share + ((wanted - left.pgr) / (right.pgr - left.pgr)) * (right.share - left.share);
}

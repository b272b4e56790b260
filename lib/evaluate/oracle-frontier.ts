import { rowFrontier } from './controls.ts';
import type { Point } from './hull.ts';
import type { Cells } from './input.ts';
import type { RowWeights } from './outcome.ts';

/** One step up a row's frontier: `dQuality` more for `dCostUsd` more. */
interface Step {
  readonly row: number;
  readonly dQuality: number;
  readonly dCostUsd: number;
}

/** See `oracleFrontier`; the steps are sorted once and serve every resample. */
export interface OracleSteps {
  /** Each row's cheapest run. */
  readonly start: readonly Point[];
  /** Best value for money first. */
  readonly steps: readonly Step[];
}

export function oracleSteps(cells: Cells): OracleSteps {
  const start: Point[] = [];
  const steps: Step[] = [];
  for (let row = 0; row < cells.rows; row++) {
    let last: Point | null = null;
    for (const point of rowFrontier(cells, row)) {
      if (last === null) start.push(point);
      else
        steps.push({ row, dQuality: point.quality - last.quality, dCostUsd: point.costUsd - last.costUsd });
      last = point;
    }
  }
  steps.sort((a, b) => b.dQuality * a.dCostUsd - a.dQuality * b.dCostUsd);
  return { start, steps };
}

/**
 * The best mean quality that any choice of models can reach at each mean cost: the rows' own frontiers joined in the
 * order of quality per USD, which is what a utility sweep over the true scores and costs walks through. It ends in the
 * oracle (the cheapest of each row's best). No router with the same runs can be above it, so `gapClosed` never
 * exceeds 1; the single oracle point joined to the cheapest model would lie below it and allow that.
 */
export function oracleFrontier({ start, steps }: OracleSteps, weights: RowWeights): Point[] {
  let quality = 0;
  let costUsd = 0;
  let total = 0;
  for (const [row, point] of start.entries()) {
    const weight = weights[row] ?? 0;
    quality += weight * point.quality;
    costUsd += weight * point.costUsd;
    total += weight;
  }
  const frontier = [{ costUsd: costUsd / total, quality: quality / total }];
  for (const { row, dQuality, dCostUsd } of steps) {
    const weight = weights[row] ?? 0;
    if (weight === 0) continue;
    quality += weight * dQuality;
    costUsd += weight * dCostUsd;
    frontier.push({ costUsd: costUsd / total, quality: quality / total });
  }
  return frontier;
}

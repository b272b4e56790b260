import { rowsBySource, type SingleModel } from './controls.ts';
import type { Point } from './hull.ts';
import type { Cells } from './input.ts';
import { meanOutcome, type Outcome } from './outcome.ts';

/** One source (benchmark and subtask) of the evaluated rows. */
export interface SourceResult {
  readonly source: string;
  readonly rows: number;
  /** The router at the operating point. */
  readonly router: Point;
  /** The models that are cheapest and best over all rows, not over the source's. */
  readonly cheapest: Point;
  readonly best: Point;
  /** The source's own best single model: uses the source, which no router sees. */
  readonly bestHere: Point & { readonly model: string };
  readonly oracle: Point;
}

/** Outcomes that the table by source puts side by side. */
export interface SourceOutcomes {
  readonly router: Outcome;
  readonly cheapest: Outcome;
  readonly best: Outcome;
  readonly oracle: Outcome;
  readonly bestPerSource: ReadonlyMap<string, SingleModel>;
}

/** Sources in the order they are first seen. */
export function resultsBySource(cells: Cells, outcomes: SourceOutcomes): SourceResult[] {
  return [...rowsBySource(cells)].flatMap(([source, rows]) => {
    const weights = new Float64Array(cells.rows);
    for (const row of rows) weights[row] = 1;
    const bestHere = outcomes.bestPerSource.get(source);
    if (bestHere === undefined) return [];
    return {
      source,
      rows: rows.length,
      router: meanOutcome(outcomes.router, weights),
      cheapest: meanOutcome(outcomes.cheapest, weights),
      best: meanOutcome(outcomes.best, weights),
      bestHere: { model: bestHere.model, ...meanOutcome(bestHere.outcome, weights) },
      oracle: meanOutcome(outcomes.oracle, weights),
    };
  });
}

import { concaveHull, type Point } from './hull.ts';
import type { Cells } from './input.ts';
import { emptyOutcome, type Outcome } from './outcome.ts';

/** A control that sends every row to one model. */
export interface SingleModel {
  readonly model: string;
  readonly outcome: Outcome;
}

/**
 * "Always this model", for every model that was run at all. On a row where it was not run, its outcome is the mean of
 * the models that were (a random stand-in): so every control, router and oracle lives on the same rows, and a model run
 * on the easy rows only does not pass for the best.
 */
export function singleModels(cells: Cells): SingleModel[] {
  const random = randomOutcome(cells);
  return cells.models.flatMap((model, column) => {
    const outcome = { scores: random.scores.slice(), costsUsd: random.costsUsd.slice() };
    let runs = 0;
    for (let row = 0; row < cells.rows; row++) {
      if (!cells.eligible[row]?.includes(column)) continue;
      runs++;
      copyCell(cells, row, column, outcome);
    }
    return runs > 0 ? [{ model, outcome }] : [];
  });
}

/** The expected outcome of taking any model that was run on the row, each equally often. */
export function randomOutcome(cells: Cells): Outcome {
  const outcome = emptyOutcome(cells.rows);
  for (const [row, run] of cells.eligible.entries()) {
    let score = 0;
    let cost = 0;
    for (const column of run) {
      score += cells.scores[row * cells.models.length + column] ?? Number.NaN;
      cost += cells.costsUsd[row * cells.models.length + column] ?? Number.NaN;
    }
    outcome.scores[row] = score / run.length;
    outcome.costsUsd[row] = cost / run.length;
  }
  return outcome;
}

/** The cheapest of each row's best models: the highest quality that can be had, at its lowest cost. */
export function oracleOutcome(cells: Cells): Outcome {
  const outcome = emptyOutcome(cells.rows);
  for (const row of cells.eligible.keys()) {
    const frontier = rowFrontier(cells, row);
    const best = frontier[frontier.length - 1];
    outcome.scores[row] = best?.quality ?? Number.NaN;
    outcome.costsUsd[row] = best?.costUsd ?? Number.NaN;
  }
  return outcome;
}

/** Each source's own best single model; it uses the source, which no router sees. */
export function bestPerSource(
  cells: Cells,
  singles: readonly SingleModel[],
): ReadonlyMap<string, SingleModel> {
  const best = new Map<string, SingleModel>();
  for (const [source, rows] of rowsBySource(cells)) {
    let bestMean = Number.NEGATIVE_INFINITY;
    for (const single of singles) {
      const mean = rows.reduce((sum, row) => sum + (single.outcome.scores[row] ?? 0), 0) / rows.length;
      if (mean <= bestMean) continue;
      bestMean = mean;
      best.set(source, single);
    }
  }
  return best;
}

/** The outcome of sending every row to the best single model of its source. */
export function perSourceOutcome(cells: Cells, best: ReadonlyMap<string, SingleModel>): Outcome {
  const outcome = emptyOutcome(cells.rows);
  for (const [row, source] of cells.sources.entries()) {
    const from = best.get(source)?.outcome;
    outcome.scores[row] = from?.scores[row] ?? Number.NaN;
    outcome.costsUsd[row] = from?.costsUsd[row] ?? Number.NaN;
  }
  return outcome;
}

export function rowsBySource(cells: Cells): ReadonlyMap<string, number[]> {
  const bySource = new Map<string, number[]>();
  for (const [row, source] of cells.sources.entries()) {
    const rows = bySource.get(source);
    if (rows === undefined) bySource.set(source, [row]);
    else rows.push(row);
  }
  return bySource;
}

/** The hull of one row's runs, from its cheapest to the cheapest of its best. */
export function rowFrontier(cells: Cells, row: number): Point[] {
  const offset = row * cells.models.length;
  const points = (cells.eligible[row] ?? []).map((column) => ({
    costUsd: cells.costsUsd[offset + column] ?? Number.NaN,
    quality: cells.scores[offset + column] ?? Number.NaN,
  }));
  return concaveHull(points);
}

export function copyCell(cells: Cells, row: number, column: number, outcome: Outcome): void {
  const cell = row * cells.models.length + column;
  outcome.scores[row] = cells.scores[cell] ?? Number.NaN;
  outcome.costsUsd[row] = cells.costsUsd[cell] ?? Number.NaN;
}

import type { SingleModel } from './controls.ts';
import type { Point } from './hull.ts';
import { meanOutcome, type RowWeights } from './outcome.ts';

export interface MeanOfModel extends Point {
  readonly model: string;
}

/** The single models on the weighted rows, with the ones that stand out. */
export function rankSingles(singles: readonly SingleModel[], weights: RowWeights) {
  const means = singles.map(({ model, outcome }) => ({ model, ...meanOutcome(outcome, weights) }));
  return {
    means,
    cheapest: first(means, (a, b) => a.costUsd - b.costUsd || b.quality - a.quality),
    best: first(means, (a, b) => b.quality - a.quality || a.costUsd - b.costUsd),
    dearest: first(means, (a, b) => b.costUsd - a.costUsd),
  };
}

/** The first in order of a list that is not empty; of equals the one that comes first in the list. */
function first(
  means: readonly MeanOfModel[],
  order: (a: MeanOfModel, b: MeanOfModel) => number,
): MeanOfModel {
  return means.reduce((found, next) => (order(next, found) < 0 ? next : found));
}

import type { Point } from './hull.ts';

/** What a policy got on every row: quality reached and USD spent. */
export interface Outcome {
  readonly scores: Float64Array;
  readonly costsUsd: Float64Array;
}

/** How often each row counts: all ones, or one bootstrap resample. */
export type RowWeights = Float64Array;

export function emptyOutcome(rows: number): Outcome {
  return { scores: new Float64Array(rows), costsUsd: new Float64Array(rows) };
}

/** Every row once. */
export function onesFor(rows: number): RowWeights {
  return new Float64Array(rows).fill(1);
}

/** Weighted means over the rows. */
export function meanOutcome(outcome: Outcome, weights: RowWeights): Point {
  let quality = 0;
  let costUsd = 0;
  let total = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] ?? 0;
    quality += weight * (outcome.scores[row] ?? 0);
    costUsd += weight * (outcome.costsUsd[row] ?? 0);
    total += weight;
  }
  return { quality: quality / total, costUsd: costUsd / total };
}

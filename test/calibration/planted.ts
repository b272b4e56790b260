import { type CalibrationSet, calibrationSetOf } from '../../lib/calibration/calibration-set.ts';
import type { ModelCost } from '../../lib/cost/model-cost.ts';
import type { Random } from '../support/random.ts';

/** How one made-up model does on a prompt of difficulty u, uniform in [0, 1). */
export interface PlantedModel {
  readonly usdPer1M: number;
  /** Chance that its answer is right. */
  readonly chance: (u: number) => number;
  /** What the router predicts; the chance itself where it is absent. */
  readonly predicted?: (u: number, random: Random) => number;
}

export function costsOf(models: readonly PlantedModel[]): ModelCost[] {
  return models.map(({ usdPer1M }) => ({
    kind: 'per-token',
    inputPer1M: usdPer1M,
    outputPer1M: usdPer1M,
    meanOutputTokens: 100,
  }));
}

/** Draws a calibration set with right or wrong answers; `missing` is the share of cells that were not run. */
export function plantedSet(
  models: readonly PlantedModel[],
  rows: number,
  random: Random,
  missing = 0,
): CalibrationSet {
  const predictedQuality: number[] = [];
  const scores: number[] = [];
  for (let row = 0; row < rows; row++) {
    const u = random.next();
    for (const { chance, predicted } of models) {
      predictedQuality.push(Math.max(0, Math.min(1, predicted?.(u, random) ?? chance(u))));
      const score = random.next() < chance(u) ? 1 : 0;
      scores.push(random.next() < missing ? Number.NaN : score);
    }
  }
  const inputTokens = Array.from({ length: rows }, () => 50 + random.below(100));
  return calibrationSetOf({
    models: models.map((_, index) => `model-${index}`),
    predictedQuality,
    scores,
    inputTokens,
    costValues: null,
  });
}

/** About `mean`, within 1.5 times `spread` of it. */
export function nearly(mean: number, spread: number, random: Random): number {
  return mean + spread * (random.next() + random.next() + random.next() - 1.5);
}

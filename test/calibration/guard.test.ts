import { describe, expect, it } from 'vitest';
import type { CalibrationSet } from '../../lib/calibration/calibration-set.ts';
import { type GuardPromise, guardThreshold } from '../../lib/calibration/guard.ts';
import { estimateCost } from '../../lib/cost/estimate-cost.ts';
import { chooseGuarded } from '../../lib/policy/guarded.ts';
import { Random } from '../support/random.ts';
import { costsOf, nearly, type PlantedModel, plantedSet } from './planted.ts';

const anchor: PlantedModel = {
  usdPer1M: 10,
  chance: () => 0.8,
  predicted: (_, random) => nearly(0.8, 0.05, random),
};
const modelOf = (usdPer1M: number, chance: (u: number) => number, bias = 0): PlantedModel => ({
  usdPer1M,
  chance,
  predicted: (u, random) => nearly(chance(u) + bias, 0.1, random),
});

/** Model 0 is the anchor of all. */
const worlds: Readonly<Record<string, readonly PlantedModel[]>> = {
  'a cheap model is as good': [anchor, modelOf(1, () => 0.82)],
  'a cheap model is worse everywhere, and predicted too well': [anchor, modelOf(1, () => 0.75, 0.06)],
  'two cheap models, one good on either half': [
    anchor,
    modelOf(1, (u) => (u < 0.5 ? 0.85 : 0.4)),
    modelOf(2, (u) => (u < 0.5 ? 0.4 : 0.85)),
  ],
  'many cheap models whose best prediction is luck': [
    anchor,
    ...Array.from({ length: 6 }, (_, index) => modelOf(1 + index, () => 0.74, 0.03)),
  ],
};

const promise: GuardPromise = { anchor: 'model-0', confidence: 0.9, maxLoss: 0.03 };

/** Mean loss against the anchor and share of prompts that leave it, as the policy decides on a set. */
function outcomeOf(set: CalibrationSet, models: readonly PlantedModel[], threshold: number | null) {
  const costs = costsOf(models);
  const columns = models.length;
  const eligible = [...models.keys()];
  let loss = 0;
  let left = 0;
  for (let row = 0; row < set.rows; row++) {
    const quality = set.predicted.subarray(row * columns, (row + 1) * columns);
    const costUsd = costs.map(
      (cost) => estimateCost(cost, { inputTokens: set.inputTokens[row] ?? 0 }, null).costUsd,
    );
    const policy = { kind: 'guarded', ...promise, threshold } as const;
    const chosen = chooseGuarded({ quality, costUsd, eligible }, policy, 0)?.index ?? 0;
    loss += (set.scores[row * columns] ?? 0) - (set.scores[row * columns + chosen] ?? 0);
    if (chosen !== 0) left++;
  }
  return { loss: loss / set.rows, left: left / set.rows };
}

/** Many draws of a calibration set; what each threshold does is measured once, on 60,000 other prompts. */
function simulate(models: readonly PlantedModel[], rows: number, repeats: number) {
  const random = new Random(rows);
  const everyone = Array.from({ length: 30 }, () => plantedSet(models, 2000, random));
  const known = new Map<number | null, { loss: number; left: number }>();
  const trueOutcome = (threshold: number | null) => {
    const kept = known.get(threshold);
    if (kept !== undefined) return kept;
    const parts = everyone.map((set) => outcomeOf(set, models, threshold));
    const mean = (of: 'loss' | 'left') => parts.reduce((sum, part) => sum + part[of], 0) / parts.length;
    const outcome = { loss: mean('loss'), left: mean('left') };
    known.set(threshold, outcome);
    return outcome;
  };
  const outcomes = Array.from({ length: repeats }, () => {
    const set = plantedSet(models, rows, random);
    return trueOutcome(guardThreshold(set, costsOf(models), [...models.keys()], promise));
  });
  return {
    broken: outcomes.filter(({ loss }) => loss > promise.maxLoss).length / repeats,
    left: outcomes.reduce((sum, { left }) => sum + left, 0) / repeats,
  };
}

describe('the guard', () => {
  const repeats = 150;
  it.each(Object.entries(worlds))('keeps its promise: %s', (_, models) => {
    const { broken } = simulate(models, 400, repeats);
    // 10 % is promised; three standard errors of the simulation on top.
    expect(broken).toBeLessThan(0.1 + 3 * Math.sqrt(0.09 / repeats));
  });

  it('leaves the anchor for a cheap model that is as good: mostly on 600 rows, nearly always on 2,000', () => {
    const models = worlds['a cheap model is as good'] ?? [];
    expect(simulate(models, 600, 60).left).toBeGreaterThan(0.5);
    expect(simulate(models, 2000, 60).left).toBeGreaterThan(0.95);
  });

  it('leaves it for each of two cheap models where that one is good', () => {
    const models = worlds['two cheap models, one good on either half'] ?? [];
    expect(simulate(models, 600, 60).left).toBeGreaterThan(0.7);
  });

  it('vouches for nothing on a handful of rows', () => {
    const models = worlds['a cheap model is as good'] ?? [];
    const set = plantedSet(models, 30, new Random(1));
    expect(guardThreshold(set, costsOf(models), [0, 1], promise)).toBeNull();
  });

  it('asks for more evidence the smaller the loss and the error may be', () => {
    const models = worlds['a cheap model is as good'] ?? [];
    const set = plantedSet(models, 500, new Random(2));
    const thresholdFor = (edit: Partial<GuardPromise>) =>
      guardThreshold(set, costsOf(models), [0, 1], { ...promise, ...edit }) ?? 1;
    expect(thresholdFor({ maxLoss: 0.1 })).toBeLessThanOrEqual(thresholdFor({}));
    expect(thresholdFor({ confidence: 0.999 })).toBeGreaterThanOrEqual(thresholdFor({}));
  });

  it('goes no lower than a row of the calibration set speaks for', () => {
    // Predicted differences are 0.055 or -0.3, nothing between: thresholds from 0.05 to -0.29 decide alike.
    const cheap: PlantedModel = {
      usdPer1M: 1,
      chance: (u) => (u < 0.5 ? 1 : 0.2),
      predicted: (u) => (u < 0.5 ? 0.855 : 0.5),
    };
    const set = plantedSet([{ ...anchor, predicted: () => 0.8 }, cheap], 1000, new Random(6));
    expect(guardThreshold(set, costsOf([anchor, cheap]), [0, 1], promise)).toBe(0.05);
  });

  it('does not depend on models that may not be chosen', () => {
    const [first = anchor, cheap = anchor] = worlds['a cheap model is as good'] ?? [];
    const bad = modelOf(0.1, () => 0.1, 0.8);
    const set = plantedSet([first, cheap, bad], 600, new Random(3));
    const costs = costsOf([first, cheap, bad]);
    expect(guardThreshold(set, costs, [0, 1], promise)).not.toBeNull();
    expect(guardThreshold(set, costs, [0, 1, 2], promise)).toBeNull();
  });

  it('is not fooled by rows that come sorted by source', () => {
    // The cheap model wins on the first source and loses more on the second: on average it is 0.15 worse.
    const cheap = modelOf(1, (u) => (u < 0.5 ? 0.95 : 0.35), 0.5);
    const random = new Random(4);
    const first = plantedSet([anchor, { ...cheap, chance: () => 0.95 }], 400, random);
    const second = plantedSet([anchor, { ...cheap, chance: () => 0.35 }], 400, random);
    const join = (a: Float32Array, b: Float32Array) => Float32Array.from([...a, ...b]);
    const sorted: CalibrationSet = {
      models: first.models,
      rows: 800,
      predicted: join(first.predicted, second.predicted),
      scores: join(first.scores, second.scores),
      inputTokens: join(first.inputTokens, second.inputTokens),
      costValues: null,
    };
    expect(guardThreshold(sorted, costsOf([anchor, cheap]), [0, 1], promise)).toBeNull();
  });

  it('decides a row among the models that were run on it, and leaves out rows without the anchor', () => {
    const models = worlds['a cheap model is as good'] ?? [];
    const set = plantedSet(models, 1200, new Random(5), 0.3);
    expect(guardThreshold(set, costsOf(models), [0, 1], promise)).not.toBeNull();
    const withoutAnchor = {
      ...set,
      scores: set.scores.map((score, cell) => (cell % 2 === 0 ? Number.NaN : score)),
    };
    expect(guardThreshold(withoutAnchor, costsOf(models), [0, 1], promise)).toBeNull();
  });
});

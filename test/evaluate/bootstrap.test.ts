import { describe, expect, test } from 'vitest';
import { interval95, resampleGroups } from '../../lib/evaluate/bootstrap.ts';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import type { EvaluationInput } from '../../lib/evaluate/input.ts';
import { madeInput } from './support.ts';

describe('resampleGroups', () => {
  const groups = Int32Array.of(0, 1, 0, 2, 1, 0);

  test('draws as many groups as there are, and all rows of a group alike', () => {
    resampleGroups(groups, 3, { resamples: 50, seed: 1 }, (weights) => {
      const [first = -1, second = -1, again, third = -1, secondAgain, firstAgain] = weights;
      expect([again, firstAgain, secondAgain]).toEqual([first, first, second]);
      expect(first + second + third).toBe(3);
    });
  });

  test('draws every group equally often', () => {
    const sums = [0, 0, 0];
    resampleGroups(groups, 3, { resamples: 3000, seed: 2 }, (weights) => {
      for (const [group, row] of [0, 1, 3].entries()) sums[group] = (sums[group] ?? 0) + (weights[row] ?? 0);
    });
    for (const sum of sums) expect(Math.abs(sum / 3000 - 1)).toBeLessThan(0.06);
  });
});

describe('interval95', () => {
  test('cuts off a fortieth at either end, interpolated, and skips samples without a value', () => {
    const values = Array.from({ length: 101 }, (_, i) => 100 - i);
    expect(interval95([null, ...values, null])).toEqual([2.5, 97.5]);
    expect(interval95([null])).toBeNull();
  });
});

describe('rows that share a group', () => {
  const repeat = (input: EvaluationInput, times: number): EvaluationInput => {
    const again = (values: ArrayLike<number>) =>
      Float64Array.from(Array.from({ length: times }, () => Array.from(values)).flat());
    return {
      models: input.models,
      scores: again(input.scores),
      costsUsd: again(input.costsUsd),
      predictedQuality: again(input.predictedQuality),
      predictedCostUsd: again(input.predictedCostUsd),
    };
  };

  test('are one piece of evidence: copies of every row leave intervals as wide as they were', () => {
    const once = madeInput({ rows: 120 });
    const copies = repeat(once, 4);
    const groups = Array.from({ length: 480 }, (_, row) => `group ${row % 120}`);
    const single = evaluate({ ...once, groups: groups.slice(0, 120) }, { resamples: 200 });
    const grouped = evaluate({ ...copies, groups }, { resamples: 200 });
    const alone = evaluate(copies, { resamples: 200 });
    const width = (found: typeof alone, name: string) => {
      const [low, high] = found.figures[name]?.interval ?? [0, 0];
      return high - low;
    };
    for (const name of ['best.quality', 'gapClosed', 'brier', 'csr@0.95.kept']) {
      expect(width(grouped, name)).toBeCloseTo(width(single, name), 8);
      expect(width(alone, name) / width(grouped, name)).toBeLessThan(0.7);
    }
    expect(grouped.bootstrap?.groups).toBe(120);
  });
});

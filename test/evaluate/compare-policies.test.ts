import { describe, expect, it } from 'vitest';
import { compareWithUtility } from '../../lib/evaluate/compare-policies.ts';
import { evaluate } from '../../lib/evaluate/evaluate.ts';
import { takeInput } from '../../lib/evaluate/take-input.ts';
import { chooseByUtility } from '../../lib/policy/utility.ts';
import { madeInput } from './support.ts';

const resampling = { resamples: 50, seed: 1 };

describe('compareWithUtility', () => {
  const input = madeInput({ rows: 400, missing: 0.1 });
  const columns = input.models.length;

  it('finds no difference between utility and itself, and the figure of an evaluation', () => {
    const compared = compareWithUtility(
      input,
      (cells) => (row, costWeight) => {
        const own = [row * columns, (row + 1) * columns] as const;
        const quality = cells.predictedQuality.subarray(...own);
        const costUsd = cells.predictedCostUsd.subarray(...own);
        return chooseByUtility({ quality, costUsd, eligible: cells.eligible[row] ?? [] }, costWeight).index;
      },
      resampling,
    );
    expect(compared).toMatchObject({ rows: 400, difference: [0, 0], qualityAtEqualCost: 0 });
    expect(compared.other).toBe(compared.utility);
    // Every third setting only: close to, and not above, what all of them reach.
    const all = evaluate(input, { resamples: 0 }).gapClosed ?? Number.NaN;
    expect(compared.utility).toBeLessThanOrEqual(all);
    expect(compared.utility).toBeGreaterThan(all - 0.01);
  });

  it('sees what a policy that knows the scores is better by', () => {
    const compared = compareWithUtility(
      input,
      (cells) => (row, costWeight) => {
        const worth = (column: number) =>
          (cells.scores[row * columns + column] ?? 0) -
          costWeight * (cells.costsUsd[row * columns + column] ?? 0);
        return (cells.eligible[row] ?? []).reduce((best, column) =>
          worth(column) > worth(best) ? column : best,
        );
      },
      resampling,
    );
    expect(compared.other).toBeGreaterThan(0.9);
    expect(compared.difference?.[0]).toBeGreaterThan(0.3);
    expect(compared.qualityAtEqualCost).toBeGreaterThan(0.1);
    expect(compared.qualityInterval?.[0]).toBeGreaterThan(0);
  });
});

describe('takeInput', () => {
  it('takes rows with all that belongs to them', () => {
    const input = { ...madeInput({ rows: 5, models: 2 }), groups: ['a', 'b', 'c', 'd', 'e'] };
    const taken = takeInput(input, [3, 0]);
    expect([...(taken.groups ?? [])]).toEqual(['d', 'a']);
    expect(taken.sources).toEqual([input.sources?.[3], input.sources?.[0]]);
    expect([...Array.from(taken.predictedQuality)]).toEqual(
      [6, 7, 0, 1].map((cell) => input.predictedQuality[cell]),
    );
  });
});

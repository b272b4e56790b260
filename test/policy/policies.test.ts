import { describe, expect, it } from 'vitest';
import { choose } from '../../lib/policy/choose.ts';
import { at, type PolicyInput, type PolicySpec } from '../../lib/policy/policy.ts';
import { Random } from '../support/random.ts';

const quality = [0.9, 0.86, 0.6, 0.86];
const costUsd = [0.01, 0.002, 0.0001, 0.002];
const all = [0, 1, 2, 3];
const pick = (spec: PolicySpec, eligible: readonly number[] = all) =>
  choose(spec, { quality, costUsd, eligible });

describe('tolerance', () => {
  it('takes the best predicted model at 0', () => {
    expect(pick({ kind: 'tolerance', tolerance: 0 })).toEqual({ index: 0, threshold: 0.9 });
  });

  it('takes the cheapest model at 1', () => {
    expect(pick({ kind: 'tolerance', tolerance: 1 })).toEqual({ index: 2, threshold: 0 });
  });

  it('takes the cheapest model above (1 - tau) of the best prediction', () => {
    const choice = pick({ kind: 'tolerance', tolerance: 0.05 });
    expect(choice.index).toBe(1);
    expect(choice.threshold).toBeCloseTo(0.855, 12);
  });

  it('measures the best among the eligible models only', () => {
    expect(pick({ kind: 'tolerance', tolerance: 0 }, [2, 1]).index).toBe(1);
  });

  it('breaks a tie in cost by quality', () => {
    const choice = choose(
      { kind: 'tolerance', tolerance: 1 },
      { quality: [0.2, 0.4], costUsd: [1, 1], eligible: [0, 1] },
    );
    expect(choice.index).toBe(1);
  });
});

describe('utility', () => {
  it('takes the best predicted model where cost weighs nothing', () => {
    expect(pick({ kind: 'utility', costWeight: 0 }).index).toBe(0);
  });

  it('takes the cheapest model where cost weighs infinitely, also against a free one', () => {
    expect(pick({ kind: 'utility', costWeight: Number.POSITIVE_INFINITY }).index).toBe(2);
    const free = { quality: [0.5, 0.4], costUsd: [0, 0], eligible: [0, 1] };
    expect(choose({ kind: 'utility', costWeight: Number.POSITIVE_INFINITY }, free).index).toBe(0);
  });

  it('maximises quality - weight x cost', () => {
    expect(pick({ kind: 'utility', costWeight: 10 }).index).toBe(1);
    expect(pick({ kind: 'utility', costWeight: 1000 }).index).toBe(2);
  });
});

const specs: readonly PolicySpec[] = [
  { kind: 'tolerance', tolerance: 0 },
  { kind: 'tolerance', tolerance: 0.1 },
  { kind: 'tolerance', tolerance: 1 },
  { kind: 'utility', costWeight: 0 },
  { kind: 'utility', costWeight: 50 },
  { kind: 'utility', costWeight: Number.POSITIVE_INFINITY },
];

describe.each(specs)('every policy: $kind $tolerance$costWeight', (spec) => {
  const random = new Random(7);
  const inputs = Array.from({ length: 200 }, () => randomInput(random));

  it('chooses an eligible model', () => {
    for (const input of inputs) expect(input.eligible).toContain(choose(spec, input).index);
  });

  it('does not depend on the order in which eligible models are listed', () => {
    for (const input of inputs) {
      const reversed = { ...input, eligible: input.eligible.toReversed() };
      expect(choose(spec, reversed)).toEqual(choose(spec, input));
    }
  });

  it('never chooses a model that another beats in both quality and cost', () => {
    for (const input of inputs) {
      const { index } = choose(spec, input);
      const dominated = input.eligible.some(
        (other) =>
          at(input.quality, other) > at(input.quality, index) &&
          at(input.costUsd, other) < at(input.costUsd, index),
      );
      expect(dominated).toBe(false);
    }
  });
});

/** Few distinct values, so that ties are common. */
function randomInput(random: Random): PolicyInput {
  const models = 1 + random.below(6);
  const indices = Array.from({ length: models }, (_, index) => index);
  const eligible = indices.filter((index) => index === 0 || random.below(3) > 0);
  return {
    quality: indices.map(() => random.below(5) / 4),
    costUsd: indices.map(() => random.below(4) / 1000),
    eligible,
  };
}

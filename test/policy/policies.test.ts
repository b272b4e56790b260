import { describe, expect, it } from 'vitest';
import { choose } from '../../lib/policy/choose.ts';
import { networkShares } from '../../lib/policy/network.ts';
import { at, type PolicyInput, type PolicySpec, type ThresholdStrategy } from '../../lib/policy/policy.ts';
import { qualityThreshold } from '../../lib/policy/tolerance.ts';
import { Random } from '../support/random.ts';

const quality = [0.9, 0.86, 0.6, 0.86];
const costUsd = [0.01, 0.002, 0.0001, 0.002];
const all = [0, 1, 2, 3];
const models = ['dear', 'middle', 'small', 'twin', 'fifth', 'sixth'];
const range = { max: 0.8, min: 0.2 };

function chosenBy(spec: PolicySpec, input: PolicyInput) {
  const choice = choose(spec, input, models);
  if (choice === null) throw new Error('the policy has no model to choose');
  return choice;
}

const pick = (spec: PolicySpec, eligible: readonly number[] = all) =>
  chosenBy(spec, { quality, costUsd, eligible });

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

describe('preference', () => {
  const chosenAt = (costWeight: number | 'Infinity', input: PolicyInput) =>
    chosenBy({ kind: 'preference', costWeight }, input).index;

  it('weighs quality by the best against cost by the dearest', () => {
    const input = { quality, costUsd, eligible: all };
    expect(chosenAt(0, input)).toBe(0);
    // 1 - w against 0.86 / 0.9 - 0.2 w: the dear one below w = 0.0556.
    expect(chosenAt(0.055, input)).toBe(0);
    expect(chosenAt(0.056, input)).toBe(1);
    expect(chosenAt('Infinity', input)).toBe(2);
  });

  it('is the same whatever the prices are stated in', () => {
    const random = new Random(5);
    for (let trial = 0; trial < 200; ++trial) {
      const values = () => Array.from({ length: 6 }, () => random.next());
      const [q, c] = [values(), values()];
      const eligible = [0, 1, 2, 3, 4, 5].filter((index) => index === 0 || random.below(3) > 0);
      const weight = 2 * random.next();
      const dearer = c.map((cost) => 1024 * cost);
      expect(chosenAt(weight, { quality: q, costUsd: dearer, eligible })).toBe(
        chosenAt(weight, { quality: q, costUsd: c, eligible }),
      );
    }
  });

  it('has nothing to weigh where all are free, and takes the cheapest where none is any good', () => {
    expect(chosenAt(5, { quality: [0.2, 0.4], costUsd: [0, 0], eligible: [0, 1] })).toBe(1);
    expect(chosenAt('Infinity', { quality: [0.2, 0.4], costUsd: [0, 0], eligible: [0, 1] })).toBe(1);
    expect(chosenAt(5, { quality: [0, 0], costUsd: [2, 1], eligible: [0, 1] })).toBe(1);
  });
});

describe('threshold strategies', () => {
  const thresholdOf = (strategy: ThresholdStrategy, tolerance: number, safetyMargin = 0) =>
    qualityThreshold(
      { quality, costUsd, eligible: all },
      { kind: 'tolerance', tolerance, safetyMargin, strategy, range },
    );

  it.each<[ThresholdStrategy, number]>([
    ['dynamic-max', 0.9 * 0.75],
    ['dynamic-minmax', 0.9 - 0.25 * (0.9 - 0.6)],
    ['static-max', 0.8 * 0.75],
    ['static-minmax', 0.8 - 0.25 * (0.8 - 0.2)],
  ])('%s follows its equation, and the margin is subtracted', (strategy, expected) => {
    expect(thresholdOf(strategy, 0.25)).toBeCloseTo(expected, 12);
    expect(thresholdOf(strategy, 0.25, 0.1)).toBeCloseTo(expected - 0.1, 12);
  });

  it('dynamic ones reach from the best model to the cheapest, whatever rounding does', () => {
    const random = new Random(5);
    for (let repeat = 0; repeat < 500; repeat++) {
      const input = {
        quality: all.map(() => random.next()),
        costUsd: all.map(() => random.next()),
        eligible: all,
      };
      const cheapest = input.costUsd.indexOf(Math.min(...input.costUsd));
      const best = input.quality.indexOf(Math.max(...input.quality));
      for (const strategy of ['dynamic-max', 'dynamic-minmax'] as const) {
        expect(choose({ kind: 'tolerance', tolerance: 1, strategy }, input).index).toBe(cheapest);
        expect(choose({ kind: 'tolerance', tolerance: 0, strategy }, input).index).toBe(best);
      }
    }
  });

  it('static ones take the best predicted model of a prompt that no model reaches the constant on', () => {
    const hard = { quality: [0.1, 0.3, 0.2], costUsd: [1, 3, 2], eligible: [0, 1, 2] };
    for (const strategy of ['static-max', 'static-minmax'] as const) {
      const choice = choose({ kind: 'tolerance', tolerance: 0, strategy, range }, hard);
      expect(choice).toEqual({ index: 1, threshold: 0.3 });
    }
  });
});

describe('network', () => {
  const network = (
    draw: number | null,
    logits: (number | null)[] = [0, Math.log(2), null, 0],
  ): PolicySpec => ({
    kind: 'network',
    costWeight: 1,
    logits,
    draw,
  });

  it('takes the most probable model, of equals the cheaper one', () => {
    expect(pick(network(null), [0, 1, 3])).toEqual({ index: 1, threshold: null });
    expect(pick(network(null, [1, 1, 0, 1])).index).toBe(1);
  });

  it('draws by the softmax over the models at choice', () => {
    const drawn = (draw: number) => pick(network(draw), [3, 1, 0]);
    expect(drawn(0.1)).toEqual({ index: 0, threshold: null });
    expect(drawn(0.3).index).toBe(1);
    expect(drawn(0.74).index).toBe(1);
    expect(drawn(0.76).index).toBe(3);
    expect(drawn(1 - 2 ** -53).index).toBe(3);
    expect(pick(network(0.9), [1]).index).toBe(1);
    const spec = network(0.9);
    if (spec.kind !== 'network') throw new Error(spec.kind);
    expect(networkShares(spec, [0, 1, 3])).toEqual(
      [0.25, 0.5, 0.25].map((share) => expect.closeTo(share, 12)),
    );
  });
});

describe('guarded', () => {
  const guarded = (threshold: number | null): PolicySpec => ({
    kind: 'guarded',
    anchor: 'dear',
    confidence: 0.95,
    maxLoss: 0.01,
    threshold,
  });

  it('takes the anchor where nothing was vouched for', () => {
    expect(pick(guarded(null))).toEqual({ index: 0, threshold: null });
  });

  it('takes the cheapest model that is predicted near enough to the anchor', () => {
    expect(pick(guarded(-0.05)).index).toBe(1);
    expect(pick(guarded(-0.05)).threshold).toBeCloseTo(0.85, 12);
    expect(pick(guarded(-0.5)).index).toBe(2);
    expect(pick(guarded(0.1)).index).toBe(0);
  });

  it('does not leave the anchor for a dearer model, and of equal costs takes the better', () => {
    const anchorIsCheap = { quality: [0.5, 0.9], costUsd: [1, 2], eligible: [0, 1] };
    expect(choose(guarded(0), anchorIsCheap, models)?.index).toBe(0);
    const sameCost = { quality: [0.5, 0.9], costUsd: [1, 1], eligible: [0, 1] };
    expect(choose(guarded(0), sameCost, models)?.index).toBe(1);
  });

  it('without the anchor takes a model that was vouched for, and none other', () => {
    const input = { quality, costUsd, eligible: [1, 2] };
    expect(choose(guarded(-0.05), input, models)?.index).toBe(1);
    expect(choose(guarded(0), input, models)).toBeNull();
    expect(choose(guarded(null), input, models)).toBeNull();
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
  { kind: 'utility', costWeight: 'Infinity' },
  { kind: 'tolerance', tolerance: 0.3, strategy: 'dynamic-minmax', safetyMargin: 0.05 },
  { kind: 'tolerance', tolerance: 0.3, strategy: 'static-max', range },
  { kind: 'tolerance', tolerance: 0, strategy: 'static-minmax', range, safetyMargin: 0.1 },
  { kind: 'guarded', anchor: 'dear', confidence: 0.9, maxLoss: 0.05, threshold: 0 },
  { kind: 'guarded', anchor: 'dear', confidence: 0.9, maxLoss: 0.05, threshold: -0.3 },
];

describe.each(specs.map((spec) => ({ name: JSON.stringify(spec), spec })))(
  'every policy: $name',
  ({ spec }) => {
    const random = new Random(7);
    const inputs = Array.from({ length: 200 }, () => randomInput(random));

    it('chooses an eligible model', () => {
      for (const input of inputs) expect(input.eligible).toContain(chosenBy(spec, input).index);
    });

    it('does not depend on the order in which eligible models are listed', () => {
      for (const input of inputs) {
        const reversed = { ...input, eligible: input.eligible.toReversed() };
        expect(chosenBy(spec, reversed)).toEqual(chosenBy(spec, input));
      }
    });

    it('never chooses a model that another beats in both quality and cost', () => {
      for (const input of inputs) {
        const { index } = chosenBy(spec, input);
        // The guard keeps to its anchor where the evidence asks for more than "better and cheaper".
        if (spec.kind === 'guarded' && models[index] === spec.anchor) continue;
        const dominated = input.eligible.some(
          (other) =>
            at(input.quality, other) > at(input.quality, index) &&
            at(input.costUsd, other) < at(input.costUsd, index),
        );
        expect(dominated).toBe(false);
      }
    });
  },
);

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

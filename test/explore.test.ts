import { describe, expect, it } from 'vitest';
import { indexConstraints } from '../lib/constraints.ts';
import { type DecisionRules, decide, type RoutableModel } from '../lib/decide.ts';
import type { RoutedDecision } from '../lib/decision.ts';
import { explorationDraw, firstIdAt, newDecisionId } from '../lib/decision-marks.ts';
import { explain } from '../lib/explain.ts';
import { modelToTry } from '../lib/explore.ts';
import { networkShares } from '../lib/policy/network.ts';
import { replay } from '../lib/replay.ts';
import { resolveRouteOptions } from '../lib/route-options.ts';
import { Random } from './support/random.ts';
import { randomDecision } from './support/random-decision.ts';

const models: RoutableModel[] = ['small', 'medium', 'large', 'banned'].map((id, index) => ({
  id,
  cost: { kind: 'per-request', meanUsd: 10 ** (index - 4) },
}));

function decideAt(draw: number, rate: number | null, overrides: Partial<DecisionRules> = {}): RoutedDecision {
  const prediction = {
    quality: Float32Array.of(0.5, 0.7, 0.9, 0.95),
    costValues: null,
    inputTokens: { count: 10, exact: true, encoded: 10 },
    source: 'lane',
  } as const;
  const rules: DecisionRules = {
    policy: { kind: 'tolerance', tolerance: 0 },
    constraints: indexConstraints({ candidates: null, exclude: ['banned'], maxCostUsd: null, requires: {} }),
    override: null,
    cachedInputTokens: 0,
    intervals: null,
    explore: rate === null ? null : { rate },
    ...overrides,
  };
  const timings = { queueMs: 0, laneMs: 0, device: 'cpu', deviceReason: null, totalMs: 0 } as const;
  const decision = decide(models, prediction, rules, { id: 'one', draw, timings });
  if (decision.kind !== 'routed') throw new Error('nothing was chosen');
  return decision;
}

describe('exploration', () => {
  it('records the probability that models are in fact used with, and tries no excluded one', () => {
    const rate = 0.3;
    const draws = 6000;
    const used = new Map<string, { count: number; probability: number }>();
    for (let i = 0; i < draws; i++) {
      const { model, probability } = decideAt(i / draws, rate);
      used.set(model, { count: (used.get(model)?.count ?? 0) + 1, probability });
    }
    expect([...used.keys()].toSorted()).toEqual(['large', 'medium', 'small']);
    for (const { count, probability } of used.values()) expect(count / draws).toBeCloseTo(probability, 3);
    const total = [...used.values()].reduce((sum, { probability }) => sum + probability, 0);
    expect(total).toBeCloseTo(1, 12);
    expect(used.get('large')?.probability).toBeCloseTo(0.8, 12);
  });

  it('says so in the decision: rule, reason, what the policy would choose', () => {
    const tried = decideAt(0.01, 0.3);
    expect(tried).toMatchObject({
      model: 'small',
      rule: 'explore',
      wouldRoute: 'large',
      explore: { rate: 0.3 },
    });
    expect(tried.probability).toBeCloseTo(0.1, 12);
    expect(tried.reason).toBe(
      'tried at random, as 0.3 of the requests are, whatever is predicted (quality 0.500 at $0.000100); the policy would choose large',
    );
    const why = explain(tried).candidates.map((candidate) => [candidate.model, candidate.why]);
    expect(Object.fromEntries(why)).toEqual({
      small: 'tried at random',
      large: 'would be chosen',
      medium: 'quality below threshold',
      banned: 'excluded by the caller',
    });
  });

  it('is the policy where the draw falls on its choice', () => {
    const same = decideAt(0.29, 0.3);
    expect(same).toMatchObject({ model: 'large', rule: 'tolerance', wouldRoute: 'large' });
    expect(same.probability).toBeCloseTo(0.8, 12);
  });

  it('is off by default, and gives way to pin and dry run: the probability is 1', () => {
    expect(decideAt(0, null)).toMatchObject({ rule: 'tolerance', explore: null, probability: 1 });
    const pinned = decideAt(0, 1, { override: { rule: 'pin', model: 'medium' } });
    expect(pinned).toMatchObject({ model: 'medium', rule: 'pin', explore: null, probability: 1 });
  });

  it('keeps probabilities over random decisions a distribution that replay agrees with', () => {
    const random = new Random(5);
    for (let i = 0; i < 500; i++) {
      const decision = randomDecision(random);
      expect(replay(JSON.parse(JSON.stringify(decision)))).toEqual(decision);
      if (decision.kind !== 'routed' || decision.explore === null) continue;
      const { candidates, policy, explore, model } = decision;
      const atChoice = candidates.flatMap(({ excluded }, index) => (excluded === null ? [index] : []));
      const isChosen = model === decision.wouldRoute;
      // A policy network that draws gives every model a share; any other policy all to one.
      const shares =
        policy.kind === 'network' && policy.draw !== null
          ? networkShares(policy, atChoice)
          : atChoice.map((index) => Number(candidates[index]?.model === decision.wouldRoute));
      const own = shares[atChoice.findIndex((index) => candidates[index]?.model === model)] ?? Number.NaN;
      expect(decision.probability).toBeCloseTo((1 - explore.rate) * own + explore.rate / atChoice.length, 9);
      if (!isChosen)
        expect(decision.candidates.find((one) => one.model === decision.model)?.excluded).toBeNull();
    }
  });

  it('reaches every model at choice at a rate of 1, and none at a draw past the rate', () => {
    const eligible = [3, 5, 8];
    const tried = [0, 0.34, 0.67, 0.999_999].map((draw) => modelToTry({ rate: 1 }, eligible, draw));
    expect(tried).toEqual([3, 5, 8, 8]);
    expect(modelToTry({ rate: 0.1 }, eligible, 0.1)).toBeNull();
  });
});

describe('the route option explore', () => {
  const defaults = {
    policy: { kind: 'tolerance', tolerance: 0.1 },
    preferences: null,
    deadlineMs: 1,
  } as const;
  const resolve = (options: object) => resolveRouteOptions(options, ['a', 'b'], defaults).explore;

  it('takes a rate and a seed', () => {
    expect(resolve({})).toBeNull();
    expect(resolve({ explore: { rate: 0 } })).toBeNull();
    expect(resolve({ explore: { rate: 0.05, seed: 3 } })).toEqual({ rate: 0.05, seed: 3 });
  });

  it('refuses what cannot be', () => {
    expect(() => resolve({ explore: { rate: 2 } })).toThrow(
      'explore.rate must be a number from 0 to 1, got 2',
    );
    expect(() => resolve({ explore: {} })).toThrow(
      'explore.rate must be a number from 0 to 1, got undefined',
    );
    expect(() => resolve({ explore: { rate: 0.1, seed: 0.5 } })).toThrow(
      'explore.seed must be a whole number, got 0.5',
    );
    expect(() => resolve({ explore: { rates: 0.1 } })).toThrow(
      'unknown explore option "rates", did you mean "rate"?; known: rate, seed',
    );
    expect(() => resolve({ explore: { rate: 0.1 }, guard: {} })).toThrow(
      'pass explore or guard, not both: the bound that a guard promises does not hold for models tried at random',
    );
  });
});

describe('marks of decisions', () => {
  it('draws the same for a prompt and seed, evenly over prompts', () => {
    expect(explorationDraw(1, 'a')).toBe(explorationDraw(1, 'a'));
    expect(explorationDraw(1, 'a')).not.toBe(explorationDraw(2, 'a'));
    const draws = Array.from({ length: 4000 }, (_, i) => explorationDraw(7, `prompt ${i}`));
    for (const edge of [0.1, 0.5, 0.9]) {
      const share = draws.filter((draw) => draw < edge).length / draws.length;
      expect(Math.abs(share - edge)).toBeLessThan(0.03);
    }
  });

  it('makes ids that are UUIDs, none twice, and sort by time', () => {
    const ids = Array.from({ length: 100 }, (_, i) => newDecisionId(1_700_000_000_000 + i));
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(Array.from({ length: 100 }, () => newDecisionId())).size).toBe(100);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids[9] && ids[9] < firstIdAt(1_700_000_000_010)).toBe(true);
    expect(ids[10] && ids[10] >= firstIdAt(1_700_000_000_010)).toBe(true);
  });
});

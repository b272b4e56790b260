import { describe, expect, it } from 'vitest';
import { mapQuality } from '../../lib/estimator/refitted.ts';
import { fitDrift } from '../../lib/refit/drift-filter.ts';
import {
  effectiveSize,
  evidenceWeights,
  importanceWeights,
  weightedMean,
} from '../../lib/refit/importance-weights.ts';
import { fitFeedback } from '../../lib/refit/refit-estimator.ts';
import { Random } from '../support/random.ts';
import { alike, coin, plantedFeedback } from './planted.ts';

describe('importance weights', () => {
  it('are 1 / probability, clipped, and their effective size is that of Kish', () => {
    expect([...importanceWeights([1, 0.5, 0.1, 0.001])]).toEqual([1, 2, 10, 20]);
    expect([...importanceWeights([0.001], 5)]).toEqual([5]);
    expect(effectiveSize([2, 2, 2, 2])).toBe(4);
    expect(effectiveSize([3, 1])).toBeCloseTo(16 / 10, 12);
    expect(effectiveSize([])).toBe(0);
    const evidence = evidenceWeights(Float64Array.of(3, 1));
    expect(evidence[0] ?? 0).toBeCloseTo(1.2, 12);
    expect(evidence.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1.6, 12);
  });

  it('give a mean with the standard error of a self-normalised estimate', () => {
    const { mean, standardError } = weightedMean(Float64Array.of(0, 1, 1), Float64Array.of(2, 1, 1));
    expect(mean).toBe(0.5);
    expect(standardError).toBeCloseTo(Math.sqrt(1 + 0.25 + 0.25) / 4, 12);
    expect(weightedMean(new Float64Array(0), new Float64Array(0))).toEqual({ mean: 0, standardError: 0 });
  });

  it('undo a log that asked a model mostly what it is good at; without them the truth is missed', () => {
    // Half of the prompts the model gets right, at 0.9, and half it does not, at 0.2: 0.55 in all. It was given four in five of
    // the first and one in five of the others.
    const random = new Random(4);
    const kinds = [
      { chance: 0.9, given: 0.8 },
      { chance: 0.2, given: 0.2 },
    ];
    const decisions = Array.from({ length: 6000 }, (_, row) => {
      const { chance, given } = kinds[row % 2] ?? { chance: 0, given: 1 };
      const isGiven = random.next() < given;
      return isGiven
        ? { chosen: 0, score: coin(random, chance), probability: given }
        : { chosen: 1, score: 0, probability: 1 - given };
    });
    const predicted = alike(decisions.length, [0.4, 0.5]);
    const estimate = (feedback: ReturnType<typeof plantedFeedback>) => {
      const drift = fitFeedback(feedback, predicted)[0]?.drift;
      return drift === undefined ? 0 : mapQuality(drift.map, 0.4);
    };
    const models = ['asked', 'other'];
    expect(estimate(plantedFeedback(models, decisions))).toBeCloseTo(0.55, 1);
    const unweighted = plantedFeedback(
      models,
      decisions.map((decision) => ({ ...decision, probability: 1 })),
    );
    expect(estimate(unweighted)).toBeGreaterThan(0.7); // (0.8 * 0.9 + 0.2 * 0.2) / 1 = 0.76
    const [asked] = fitFeedback(plantedFeedback(models, decisions), predicted);
    const weights = decisions.filter(({ chosen }) => chosen === 0).map(({ probability }) => 1 / probability);
    expect(asked?.effective).toBeCloseTo(effectiveSize(weights), 6);
    expect(asked?.effective).toBeLessThan(weights.length * 0.7);
  });
});

describe('fitDrift', () => {
  const observe = (random: Random, count: number, chance: (i: number) => number, predicted: number) => ({
    predicted: new Float64Array(count).fill(predicted),
    scores: Float64Array.from({ length: count }, (_, i) => coin(random, chance(i))),
    weights: new Float64Array(count).fill(1),
  });

  it('leaves predictions alone that hold, in 19 of 20 logs', () => {
    const random = new Random(1);
    const moved = Array.from({ length: 200 }, () => fitDrift(observe(random, 400, () => 0.8, 0.8))).filter(
      ({ setting }) => setting !== null,
    );
    expect(moved.length).toBeLessThanOrEqual(10);
  });

  it('corrects predictions that were always off by all scores, as sure as those allow', () => {
    const { setting, map, gain } = fitDrift(observe(new Random(2), 2000, () => 0.5, 0.8));
    expect(setting?.keep).toBeGreaterThanOrEqual(0.998);
    expect(mapQuality(map, 0.8)).toBeCloseTo(0.5, 1);
    expect(gain).toBeGreaterThan(100);
  });

  it('forgets what a model was before it dropped', () => {
    const random = new Random(3);
    const { setting, map } = fitDrift(observe(random, 1100, (i) => (i < 1000 ? 0.9 : 0.25), 0.9));
    expect(setting?.keep).toBeLessThan(0.998);
    expect(mapQuality(map, 0.9)).toBeLessThan(0.55); // after 100 scores, of a mean of 0.84 in all
  });

  it('finds nothing in no feedback', () => {
    const none = {
      predicted: new Float64Array(0),
      scores: new Float64Array(0),
      weights: new Float64Array(0),
    };
    expect(fitDrift(none)).toEqual({ setting: null, map: { slope: 1, shift: 0 }, gain: 0 });
  });

  it('is not flung away by a sure prediction that was wrong once', () => {
    const observations = observe(new Random(5), 50, () => 1, 0.999);
    observations.scores[25] = 0;
    const { map } = fitDrift(observations);
    expect(mapQuality(map, 0.999)).toBeGreaterThan(0.9);
  });
});
